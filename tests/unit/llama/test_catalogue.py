import json
from pathlib import Path

import pytest

from reconciler.errors import LlamaServerError
from reconciler.llama.catalogue import Catalogue, build_of, parse_help

ROOT = Path(__file__).parents[3]
FIXTURES = ROOT / "tests/fixtures/llama-server"
BUILDS = {
    "b10434": "version: 0.1.0-dev (build 1, commit 7e4c0a9)\nbuilt with GNU 11.4.0 for Linux x86_64\n",
    "b11434": "version: 0.6.0-dev (build 0, commit unknown)\n",
}


def catalogue_of(build: str) -> Catalogue:
    text = (FIXTURES / f"llama-server-{build}-help.txt").read_text()
    return parse_help(text, build=build_of(BUILDS[build]))


@pytest.fixture(scope="module", name="old")
def b10434() -> Catalogue:
    return catalogue_of("b10434")


@pytest.fixture(scope="module", name="new")
def b11434() -> Catalogue:
    return catalogue_of("b11434")


def test_every_entry_of_the_real_help_is_read(old: Catalogue, new: Catalogue) -> None:
    assert (len(old.entries), len(new.entries)) == (248, 256)


@pytest.mark.parametrize("build", BUILDS)
def test_no_line_of_the_help_is_lost(build: str) -> None:
    text = (FIXTURES / f"llama-server-{build}-help.txt").read_text()
    parsed = catalogue_of(build).entries
    kept = " ".join(f"{' '.join(entry.aliases)} {entry.value} {entry.help} {entry.env}" for entry in parsed)

    words = {word.strip(",()") for line in text.splitlines() if "-----" not in line for word in line.split()}
    missing = {word for word in words if word and word not in kept}

    assert missing <= {"env:"}


@pytest.mark.parametrize("build", BUILDS)
def test_every_entry_has_a_long_flag_and_a_text_and_no_spelling_twice(build: str) -> None:
    entries = catalogue_of(build).entries
    spellings = [alias for entry in entries for alias in entry.aliases]

    assert all(entry.flag.startswith("--") and entry.help for entry in entries)
    assert len(spellings) == len(set(spellings))


def test_a_flag_is_found_by_each_of_its_spellings(old: Catalogue) -> None:
    entry = old.entry("--ctx-size")

    assert entry is not None
    assert entry is old.entry("-c")
    assert (entry.aliases, entry.value, entry.env) == (("-c", "--ctx-size"), "N", "LLAMA_ARG_CTX_SIZE")
    assert entry.help == "size of the prompt context (default: 0, 0 = loaded from model)"
    assert entry.section == "common params"


@pytest.mark.parametrize(
    ("flag", "choices"),
    [
        ("--flash-attn", ("on", "off", "auto")),
        ("--rope-scaling", ("none", "linear", "yarn")),
        ("--cpu-strict", ("0", "1")),
        ("--cache-type-k", ("f32", "f16", "bf16", "q8_0", "q4_0", "q4_1", "iq4_nl", "q5_0", "q5_1")),
        ("--load-mode", ("auto", "none", "mmap", "mlock", "mmap+mlock", "dio")),
        ("--reasoning-format", ("auto", "none", "deepseek", "deepseek-legacy")),
        ("--device", ()),
        ("--verbosity", ()),
        ("--ctx-size", ()),
    ],
)
def test_choices_are_those_that_the_help_names(old: Catalogue, flag: str, choices: tuple[str, ...]) -> None:
    entry = old.entry(flag)

    assert entry is not None
    assert choices == entry.choices


@pytest.mark.parametrize(
    ("flag", "negatives"),
    [
        ("--kv-offload", ("-nkvo", "--no-kv-offload")),
        ("--kv-unified", ("-no-kvu", "--no-kv-unified")),
        ("--repack", ("-nr", "--no-repack")),
        ("--mmproj-auto", ("--no-mmproj", "--no-mmproj-auto")),
        ("--no-host", ()),
        ("--spec-draft-ngl", ()),
        ("--metrics", ()),
    ],
)
def test_negative_spellings_are_told_apart(old: Catalogue, flag: str, negatives: tuple[str, ...]) -> None:
    entry = old.entry(flag)

    assert entry is not None
    assert entry.flag == flag
    assert negatives == entry.negatives


def test_a_removed_flag_is_listed_but_not_known_and_names_its_successor(old: Catalogue, new: Catalogue) -> None:
    for catalogue in (old, new):
        entry = catalogue.entry("--draft-max")

        assert entry is not None
        assert (entry.removed, entry.replacement) == (True, "--spec-draft-n-max")
        assert not catalogue.knows("--draft-max")
        assert catalogue.knows("--spec-draft-n-max")


def test_a_deprecated_flag_is_known_and_names_its_successor(old: Catalogue, new: Catalogue) -> None:
    entry = old.entry("--no-mmap")

    assert entry is not None
    assert old.knows("--no-mmap")
    assert (entry.deprecated, entry.replacement) == ("DEPRECATED in favor of `--load-mode`", "--load-mode")
    assert new.entry("--mlock") is None
    assert not new.knows("--mlock")
    assert new.knows("--load-mode")


def test_values_of_several_words_and_heads_of_full_lines_are_whole(old: Catalogue) -> None:
    values = {flag: entry.value for flag in SPECIAL_VALUES if (entry := old.entry(flag))}

    assert values == SPECIAL_VALUES


SPECIAL_VALUES = {
    "--control-vector-layer-range": "START END",
    "--override-tensor": "<tensor name pattern>=<buffer type>,...",
    "--docker-repo": "[<repo>/]<model>[:quant]",
    "--logit-bias": "TOKEN_ID(+/-)BIAS",
    "--models-preset": "PATH",
    "--api-key": "KEY",
    "--mlock": None,
}


def test_the_key_and_the_token_have_variables_of_their_own(old: Catalogue) -> None:
    variables = {flag: entry.env for flag in ("--api-key", "--hf-token") if (entry := old.entry(flag))}

    assert variables == {"--api-key": "LLAMA_API_KEY", "--hf-token": "HF_TOKEN"}


def test_the_nearest_flags_are_those_in_use(old: Catalogue) -> None:
    assert old.nearest("--ctx-sizes", 1) == ("--ctx-size",)
    assert "--draft-max" not in old.nearest("--draft-max", 5)
    assert old.nearest("nothing like it") == ()


def test_noise_of_the_log_before_the_help_is_skipped(old: Catalogue) -> None:
    text = (FIXTURES / "llama-server-b10434-help.txt").read_text()
    noise = "ggml_vulkan: no devices found\n-- not a flag\nload_backend: loaded CPU backend\n\n"

    assert parse_help(noise + text, build=old.build) == old


@pytest.mark.parametrize("text", ["", "usage: something else\n--flag  text\n"], ids=["empty", "other"])
def test_the_help_of_another_program_is_an_error(text: str) -> None:
    with pytest.raises(LlamaServerError, match="not that of a llama-server"):
        parse_help(text, build="")


@pytest.mark.parametrize("build", BUILDS)
def test_a_catalogue_survives_json(build: str) -> None:
    catalogue = catalogue_of(build)

    assert Catalogue.from_json(json.loads(catalogue.to_text())) == catalogue


@pytest.mark.parametrize(
    "document",
    [[], {}, {"entries": [], "format_version": "9"}, {"entries": [{}], "format_version": "1.0"}],
    ids=["list", "empty", "later", "no-keys"],
)
def test_another_document_is_no_catalogue(document: object) -> None:
    with pytest.raises(LlamaServerError, match="not a catalogue"):
        Catalogue.from_json(document)


@pytest.mark.parametrize("build", BUILDS)
def test_the_published_catalogues_are_fresh(build: str) -> None:
    published = ROOT / f"schemas/llama-server/{build}.json"

    assert catalogue_of(build).to_text() == published.read_text()


def test_the_build_is_the_line_that_names_it() -> None:
    assert build_of("load_backend: noise\n" + BUILDS["b10434"]) == "0.1.0-dev (build 1, commit 7e4c0a9)"
    assert build_of("something\n") == "something"
    assert build_of("") == ""
