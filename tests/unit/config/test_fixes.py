"""Edits that are certain: which problems carry one, what it writes, and that it makes nothing worse."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from reconciler.config.files import RawFile
from reconciler.config.fixes import Mended, mend
from reconciler.config.habits import HABITS
from reconciler.config.keys import called
from reconciler.config.load import diagnose
from reconciler.domain.diagnostic import Applicability, Diagnostic, Fix, Position
from reconciler.llama.catalogue import Catalogue
from reconciler.spec.registry import all_settings

TOP = Path(__file__).parents[3]
HEAD = "version: 1\nfleet: test\nrouter: {port: 18080, models_max: 0}\nmodels:\n  a:\n    path: a.gguf\n"


def catalogue(build: str) -> Catalogue:
    return Catalogue.from_json(json.loads((TOP / "schemas" / "llama-server" / f"{build}.json").read_bytes()))


def mended(*texts: str, build: str = "b11434") -> Mended:
    named = [(f"{number}.yaml", text) for number, text in enumerate(texts)]
    files = [
        RawFile(path=Path(name), data=text.encode(), identity=(0, number)) for number, (name, text) in enumerate(named)
    ]
    return mend(files, partial(diagnose, catalogue=catalogue(build)))


def line(text: str, build: str = "b11434") -> str:
    """What becomes of one line in a model."""
    content = mended(f"{HEAD}    {text}\n", build=build).files[0].data.decode()
    assert content.startswith(HEAD)
    return content.removeprefix(HEAD).strip()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("memory: {ctx-size: 1}", "memory: {ctx_size: 1}"),
        ("memory: {ctxSize: 1}", "memory: {ctx_size: 1}"),
        ("memory: {--ctx-size: 1}", "memory: {ctx_size: 1}"),
        ("memory: {n_ctx: 1}", "memory: {ctx_size: 1}"),
        ('memory: {"n-ctx": 1}', 'memory: {"ctx_size": 1}'),
        ("sampling: {temp: 1}", "sampling: {temperature: 1}"),
        ("gpu: {ngl: 1}", "gpu: {layers: 1}"),
        ("gpu: {n-gpu-layers: 1}", "gpu: {layers: 1}"),
        ("n_threads: 4", "threads: 4"),
        ("health: {startupTimeout: 3s}", "health: {startup_timeout: 3s}"),
        ("enabled: yes", "enabled: true"),
        ("enabled: 'Off'", "enabled: false"),
        ('enabled: "true"', "enabled: true"),
        ('memory: {ctx_size: "4096"}', "memory: {ctx_size: 4096}"),
        ("sampling: {temperature: '0.7'}", "sampling: {temperature: 0.7}"),
        ("serve: Router", "serve: router"),
        ("memory: {cache_type_k: 'Q8_0'}", "memory: {cache_type_k: 'q8_0'}"),
        ("advanced: {flash_attn: true}", "advanced: {flash_attn: on}"),
        ("aliases: talk", "aliases: [talk]"),
        ("aliases: [1.10]", 'aliases: ["1.10"]'),
        ("aliases: [true]", 'aliases: ["true"]'),
        ("extra_args: {--draft-max: 8}", "extra_args: {--spec-draft-n-max: 8}"),
    ],
)
def test_what_can_only_mean_one_thing_is_mended(before: str, after: str) -> None:
    assert line(before) == after


@pytest.mark.parametrize(
    "text",
    [
        "memory: {ctx_siz: 1}",  # a guess
        "memory: {ctx_size: 1, n_ctx: 2}",  # the key is there already
        "memory: {ctx-size: 1, n_ctx: 2}",  # one of the two would be a second one
        "memory: {n_ctx: 1, *key : 2}".replace("*key ", "num-ctx"),
        "ctx_size: 1",  # belongs elsewhere: no edit of one place
        "memory: {ctx_size: abc}",
        "memory: {mlock: true}",  # its value would be another one
        "memory: {mmap: false}",
        "memory: {no_mmap: true}",
        "memory: {direct-io: true}",
        "memory: {no-repack: true}",
        "memory: {ctx_size: &a '4096'}",  # an anchor stands before it
        "aliases: 'a, b'",
        "enabled: perhaps",
        "extra_args: {--mlock: true}",  # its successor takes a value
        "extra_args: {--draft-max: 8, --spec-draft-n-max: 8}",
        "extra_args: {--spec-ngram-size-n: 8}",  # several took over
    ],
)
def test_a_guess_or_a_loss_is_no_edit(text: str) -> None:
    assert line(text) in {text, text.replace("ctx-size: 1", "ctx_size: 1"), text.replace("n_ctx: 1", "ctx_size: 1")}


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("memory: {mlock: true}", "write `load_mode: mlock` for `mlock: true`"),
        ("memory: {mmap: false}", "write `load_mode: mmap` for `mmap: true`, `load_mode: none` for `mmap: false`"),
        (
            "memory: {no-mmap: true}",
            "write `load_mode: none` for `no-mmap: true`, `load_mode: mmap` for `no-mmap: false`",
        ),
        ("memory: {no-repack: true}", "write `repack: false` for `no-repack: true`"),
        ("memory: {flashAttn: on}", "`flash_attn` belongs in `advanced`"),
        ("memory: {extra_args: {}}", "`extra_args` belongs directly in the model"),
        ("gpu: {tensor_split: '1,2'}", "write a list: `[1, 2]`"),
        ("aliases: a]b", 'write a list: `["a]b"]`'),
        ("aliases: 'true'", 'write a list: `["true"]`'),
        ("aliases: 'a \"b\"'", 'write a list: `["a \\"b\\""]`'),
        ("sampling: {samplers: top_k;top_p}", "write a list: `[top_k, top_p]`"),
    ],
)
def test_a_hint_can_be_written_as_it_stands(text: str, hint: str) -> None:
    file = RawFile(path=Path("0.yaml"), data=f"{HEAD}    {text}\n".encode(), identity=(0, 0))

    assert [one.hint for one in diagnose([file])] == [hint]


def test_a_path_is_not_shown_as_something_that_stands_nowhere() -> None:
    (found,) = mended(HEAD + "    lora: {adapters: 'a,b.gguf'}\n").left

    assert str(Path.cwd()) not in f"{found.summary}{found.detail}{found.hint}"


def test_a_file_that_is_wrong_already_gets_no_key_twice() -> None:
    outcome = mended(HEAD + "    memory: {n_ctx: 32k, ctx-size: 4k}\n  8: {path: b.gguf}\n")

    assert [(one.code, one.summary) for one in outcome.left] == [
        ("E0204", "unknown key `ctx-size` in `models.a.memory`")
    ]
    assert b'memory: {ctx_size: 32k, ctx-size: 4k}\n  "8":' in outcome.files[0].data


def test_what_is_left_of_very_many_is_told() -> None:
    models = "".join(f"  m{number}:\n    path: a.gguf\n    enabled: yes\n" for number in range(250))
    text = HEAD + models

    assert (mended(text).left, mended(text).more) == ((), False)
    one_round = mend([RawFile(path=Path("0.yaml"), data=text.encode(), identity=(0, 0))], diagnose, rounds=1)
    assert (len(one_round.applied), one_round.more) == (200, True)


def test_a_guess_is_told_as_one() -> None:
    (found,) = mended(HEAD + "    memory: {ctx_siz: 1}\n").left

    assert found.fix == Fix(replacement="ctx_size", applicability=Applicability.GUESS)


def test_what_an_edit_uncovers_is_mended_too() -> None:
    text = HEAD + "    memory: {n-ctx: '4096'}\n  8: {path: b.gguf}\n"

    outcome = mended(text)

    assert [one.code for one in outcome.applied] == ["E0204", "E0106", "E0201"]
    assert outcome.left == ()
    assert b'  "8": {path' in outcome.files[0].data


def test_a_file_without_mistakes_gets_none_by_the_mending_of_another() -> None:
    first, second = HEAD + "  8: {path: b.gguf}\n", 'models:\n  "8": {path: c.gguf}\n'

    outcome = mended(first, second)

    assert [one.data.decode() for one in outcome.files] == [first, second]
    assert outcome.applied == ()


def test_an_edit_that_makes_a_file_worse_is_left_out() -> None:
    def say(files: Sequence[RawFile]) -> tuple[Diagnostic, ...]:
        broken = b"[" in files[0].data
        place = Position(file="0.yaml", line=1, column=1)
        fixes = [] if b"{" in files[0].data else [("E0201", Fix(replacement="[")), ("E0202", Fix(replacement="{"))]
        found = [Diagnostic(code="E0101", summary="", position=place)] if broken else []
        places = (place, Position(file="0.yaml", line=2, column=1))
        return (
            *found,
            *(Diagnostic(code=c, summary="", position=at, fix=f) for at, (c, f) in zip(places, fixes, strict=False)),
        )

    file = RawFile(path=Path("0.yaml"), data=b"a\nb\n", identity=(0, 0))

    assert mend([file], say).files[0].data == b"a\n{\n"


def test_habits_lead_to_settings_and_are_none_of_their_names() -> None:
    assert set(HABITS.values()) <= set(all_settings())
    assert [name for name in HABITS if called(name)] == []
