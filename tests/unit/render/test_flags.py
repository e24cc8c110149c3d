import json
from pathlib import Path
from typing import Any

from reconciler.llama.catalogue import Catalogue
from reconciler.llama.catalogue_diff import compare
from reconciler.render.flags import diff_json, diff_text, flags_json, flags_text
from reconciler.render.layout import text
from reconciler.render.settings_markdown import settings_markdown
from reconciler.spec.registry import all_settings

ROOT = Path(__file__).parents[3]


def catalogue(build: str) -> Catalogue:
    return Catalogue.from_json(json.loads((ROOT / f"schemas/llama-server/{build}.json").read_text()))


OLD, NEW = catalogue("b10434"), catalogue("b11434")


def entry(flag: str, build: Catalogue = OLD) -> dict[str, Any]:
    return next(one for one in flags_json(build)["flags"] if one["flag"] == flag)


def test_a_flag_is_listed_with_its_setting() -> None:
    assert entry("--ctx-size") == {
        "flag": "--ctx-size",
        "aliases": ["-c", "--ctx-size"],
        "env": "LLAMA_ARG_CTX_SIZE",
        "setting": "memory.ctx_size",
        "excluded": None,
        "value": "N",
        "values": [],
        "default": "0, 0 = loaded from model",
        "removed": False,
        "deprecated": None,
    }


def test_a_flag_without_a_setting_says_why() -> None:
    found = entry("--help")
    assert (found["setting"], found["excluded"]) == (None, "prints something and ends")


def test_a_deprecated_and_a_removed_flag_keep_the_setting_that_replaces_them() -> None:
    assert entry("--mlock")["setting"] == "memory.load_mode"
    assert "--load-mode" in entry("--mlock")["deprecated"]
    assert (entry("--draft")["removed"], entry("--draft")["setting"]) == (True, "speculative.draft_max")


def test_every_flag_that_is_in_use_has_a_setting_or_a_reason() -> None:
    for build in (OLD, NEW):
        assert [
            one for one in flags_json(build)["flags"] if not (one["setting"] or one["excluded"] or one["removed"])
        ] == []


def test_people_read_one_line_a_flag() -> None:
    lines = text(flags_text(OLD), colour=False).splitlines()
    assert len(lines) == sum(not one.removed for one in OLD.entries)
    assert any(line.split() == ["--ctx-size", "memory.ctx_size"] for line in lines)


def test_a_new_build_is_compared_by_what_it_takes() -> None:
    found = diff_json(compare(OLD, NEW), OLD, NEW)
    assert [one["flag"] for one in found["removed"]] == ["--mlock", "--mmap", "--direct-io"]
    assert {"--lazy-mode", "--video-fps"} < {one["flag"] for one in found["added"]}
    shown = text(diff_text(compare(OLD, NEW), OLD, NEW), colour=False)
    assert "+ --video-fps  multimodal.video_fps\n" in shown


def test_a_flag_that_went_says_whether_its_setting_stays() -> None:
    gone = Catalogue(build="g", entries=tuple(one for one in NEW.entries if one.flag != "--load-mode"))
    found = diff_json(compare(OLD, NEW), OLD, NEW)

    assert {one["flag"]: one["written_by"] for one in found["removed"]}["--mlock"] == "--load-mode"
    assert "- --mlock  memory.load_mode stays, by --load-mode\n" in text(diff_text(compare(OLD, NEW), OLD, NEW))
    assert "- --mlock  memory.load_mode goes\n" in text(diff_text(compare(OLD, gone), OLD, gone))


def test_what_a_flag_does_without_being_given_and_which_values_it_takes_are_compared_too() -> None:
    shown = text(diff_text(compare(OLD, NEW), OLD, NEW))

    assert "~ --temp  variable (none) → LLAMA_ARG_TEMPERATURE\n" in shown
    assert "~ --tools  values -get_datetime\n" in shown
    assert "~ --spec-draft-device  default (none) → follows --device\n" in shown
    assert "~ --reasoning-preserve  default template default → enabled\n" in shown
    assert "--json-schema" not in shown


def test_a_build_does_not_differ_from_itself() -> None:
    assert compare(NEW, NEW).empty
    assert "both take the same flags" in text(diff_text(compare(NEW, NEW), NEW, NEW), colour=False)


def test_the_reference_of_settings_is_fresh_and_has_each_of_them() -> None:
    document = settings_markdown()
    assert (ROOT / "docs/settings.md").read_text() == document
    assert document.count("\n| `") >= len(all_settings())
