"""`load_fleet` as a whole: cache, origin, flags of a build, and that nothing but `ConfigError` ever comes out."""
# ruff: noqa: E501 - files in one line

from pathlib import Path

import pytest

from reconciler.config import load as loading
from reconciler.config.load import load_fleet
from reconciler.config.origin import origin_of
from reconciler.domain.diagnostic import Diagnostic
from reconciler.errors import ConfigError
from reconciler.llama.catalogue import parse_help
from tests.unit.config.conftest import HEAD, Write, load, places, problems

FLEET = HEAD + "router: {models_max: 0}\nmodels:\n  a: {path: a.gguf, memory: {ctx_size: 32k}}\n"


def test_an_unchanged_fleet_is_not_parsed_again(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, cache = write(FLEET), tmp_path / "cache"
    first = load(path, cache=cache)
    monkeypatch.setattr(loading._Named, "read", lambda _self: pytest.fail("it was parsed"))

    again = load(path, cache=cache)

    assert again.spec == first.spec
    assert again.digest == first.digest


def test_a_fleet_from_the_cache_still_knows_its_places(write: Write, tmp_path: Path) -> None:
    path, cache = write(FLEET), tmp_path / "cache"
    load(path, cache=cache)

    found = load(path, cache=cache).locate("models.a.memory.ctx_size")

    assert found is not None
    assert (found.line, found.column) == (5, 40)


@pytest.mark.parametrize("damage", [b"", b"[", b"[]", b'{"fleet": 3}', b"\xff", b"[" * 100_000])
def test_a_damaged_cache_is_written_again(write: Write, tmp_path: Path, damage: bytes) -> None:
    path, cache = write(FLEET), tmp_path / "cache"
    first = load(path, cache=cache)
    (file,) = cache.iterdir()
    whole = file.read_bytes()
    file.write_bytes(damage)

    assert load(path, cache=cache).spec == first.spec
    assert file.read_bytes() == whole


def test_a_cache_with_one_bit_flipped_is_not_believed(write: Write, tmp_path: Path) -> None:
    path, cache = write(FLEET), tmp_path / "cache"
    first = load(path, cache=cache)
    (file,) = cache.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole.replace(b'"fleet":"test"', b'"fleet":"tesu"'))

    assert load(path, cache=cache).spec == first.spec
    assert file.read_bytes() == whole


def test_a_cache_holds_the_latest_content_alone_and_for_its_owner(write: Write, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    load(write(FLEET), cache=cache)
    changed = load(write(FLEET + "  b: {path: b.gguf}\n"), cache=cache)

    (file,) = cache.iterdir()

    assert sorted(changed.spec.models) == ["a", "b"]
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_was_refused_is_not_remembered(write: Write, tmp_path: Path) -> None:
    path, cache = write(FLEET + "server: {api_key: sk-planted}\n"), tmp_path / "cache"

    with pytest.raises(ConfigError):
        load(path, cache=cache)

    assert not cache.exists()


def test_a_cache_that_cannot_be_written_changes_nothing(write: Write, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")

    assert load(write(FLEET), cache=tmp_path / "taken").spec.fleet == "test"


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (
            '[remote "origin"]\n\turl = https://me:token@example.org/f.git?private_token=x\n',
            "https://example.org/f.git",
        ),
        (
            '[core]\n\tbare = false\n[remote "origin"]\n\tfetch = x\n\turl = git@example.org:me/f.git\n',
            "git@example.org:me/f.git",
        ),
        ('[remote "other"]\n\turl = https://example.org/x\n', None),
        ("", None),
    ],
)
def test_the_origin_is_the_repository_without_credentials(tmp_path: Path, config: str, expected: str | None) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/config").write_text(config)
    inside = tmp_path / "deploy"
    inside.mkdir()

    assert origin_of(inside) == (expected or str(inside))


def test_a_worktree_has_the_origin_of_its_repository(tmp_path: Path) -> None:
    real = tmp_path / "repo/.git/worktrees/w"
    real.mkdir(parents=True)
    (real / "commondir").write_text("../..\n")
    (tmp_path / "repo/.git/config").write_text('[remote "origin"]\n\turl = /srv/f.git\n')
    (tmp_path / "w").mkdir()
    (tmp_path / "w/.git").write_text(f"gitdir: {real}\n")

    assert origin_of(tmp_path / "w") == "/srv/f.git"


def test_a_file_named_twice_is_read_once(write: Write) -> None:
    path = write(FLEET)

    assert load(path, path).files == (path,)


def test_one_unreadable_file_does_not_hide_the_problems_of_another(write: Write, tmp_path: Path) -> None:
    found = problems(tmp_path / "absent.yaml", write("version: 1\nversion: 1\n"))

    assert sorted(places(found)) == [("E0103", 2, 1), ("E0112", 0, 0)]


SEED = (Path(__file__).parents[3] / "examples/quickstart/fleet.yaml").read_text() + (
    "x-common: &common {ctx_size: 32k}\nserver: {api_key: {env: KEY}, ports: 8100-8199, memory: *common}\n"
    "variables: {ctx: 4k, twice: '${ctx}${ctx}'}\n"
    "profiles:\n  p:\n    variables: {ctx: 8k}\n    server: {api_key: {file: key}}\n    models: {gemma: {threads: 3}}\n"
    "    defaults:\n      chat_template: a ${twice} $${x} ${env:HOME}\n"
)


CATALOGUE = parse_help(
    (Path(__file__).parents[2] / "fixtures/llama-server/llama-server-b10434-help.txt").read_text(), build="b10434"
)


def test_a_flag_that_many_models_inherit_is_one_problem_at_its_place(write: Write) -> None:
    text = (
        HEAD
        + "router: {models_max: 0}\ndefaults:\n  extra_args:\n    --no-such-flag: 1\nmodels: {a: {path: x}, b: {path: y}}\n"
    )

    with pytest.raises(ConfigError) as caught:
        load_fleet([write(text)], catalogue=CATALOGUE)

    (found,) = caught.value.diagnostics
    assert isinstance(found, Diagnostic)
    assert found.path == "defaults.extra_args.--no-such-flag"
    assert found.position is not None
    assert (found.position.line, found.snippet) == (6, "    --no-such-flag: 1")


def test_the_example_suits_the_build(write: Write) -> None:
    assert load_fleet([write(SEED)], catalogue=CATALOGUE).diagnostics == ()
