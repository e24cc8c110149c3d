"""Every setting, in every kind of value, on the command line of the real llama-server; nothing is sampled."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from reconciler.llama.arguments import chosen
from reconciler.llama.catalogue import Catalogue
from reconciler.llama.check import check_flags
from reconciler.llama.command import dedicated_argv, preset, router_argv, section
from reconciler.llama.death import CauseKind, cause_of_death
from reconciler.llama.reading import read_argv
from reconciler.spec.fleet import FleetSpec
from reconciler.spec.model import ModelSpec
from reconciler.spec.registry import Setting, all_settings, model_settings
from reconciler.spec.router import RouterSpec
from reconciler.spec.server import ServerSpec
from reconciler.spec.validating import validate
from tests.support import builds
from tests.support.setting_samples import FILES, FOLDERS, NOBODY, values
from tests.support.tiny_gguf import write_tiny_gguf

ROOT = Path(__file__).parents[3]
MISSING = "/no/such/model.gguf"
NOT_HERE = {
    "gpu.rpc": "a server of ggml's RPC, which it connects to while it reads the flag",
}
"""Settings that need what a test does not have."""

ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "HF_ENDPOINT": NOBODY, "MODEL_ENDPOINT": NOBODY}
EACH = [*(["b10434"] if builds.bundled() else []), pytest.param("b11434", marks=pytest.mark.b11434)]


@pytest.fixture(scope="module", params=EACH)
def build(request: pytest.FixtureRequest) -> tuple[str, Catalogue]:
    binary = builds.bundled() if request.param == "b10434" else builds.b11434()
    if binary is None:
        pytest.skip("not here: make b11434")
    text = (ROOT / f"schemas/llama-server/{request.param}.json").read_text()
    return str(binary), Catalogue.from_json(json.loads(text))


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A file or folder of its own for every setting that names one."""
    made = tmp_path_factory.mktemp("files")
    for path, setting in all_settings().items():
        if path in FOLDERS:
            (made / path).mkdir()
        elif setting.info.path_to_file:
            write_tiny_gguf(made / path)
        elif setting.info.path:
            (made / path).write_text(FILES.get(path, ""))
    return str(made)


def argv(setting: Setting, value: Any, binary: str, catalogue: Catalogue) -> tuple[str, ...]:
    """The command line of a fleet that says this one setting."""
    first, _, rest = setting.path.partition(".")
    if first == "router":
        router = validate(RouterSpec, {rest: value})
        return router_argv(router, ServerSpec(), port=0, binary=binary, preset=MISSING, catalogue=catalogue)
    server = validate(ServerSpec, {rest: value} if first == "server" else {})
    said = {} if first == "server" else {first: {rest: value} if rest else value}
    model = validate(ModelSpec, {"path": MISSING, "serve": "dedicated", **said})
    return dedicated_argv(model, "m", server, port=0, binary=binary, catalogue=catalogue)


def model_of(setting: Setting, value: Any) -> ModelSpec:
    first, _, rest = setting.path.partition(".")
    return validate(ModelSpec, {"path": MISSING, "load": "on-demand", first: {rest: value} if rest else value})


def fits_into_a_section(setting: Setting, value: Any, catalogue: Catalogue) -> bool:
    """A section holds neither `;` nor line ends nor most lists; `check_flags` refuses those for models of a router."""
    document = {"version": 1, "fleet": "f", "router": {}, "models": {"m": model_of(setting, value).document()}}
    return all(one.code != "E0407" for one in check_flags(validate(FleetSpec, document), catalogue))


def eventually_says(log: Path, process: "subprocess.Popen[bytes]", words: str) -> str:
    for _ in range(2000):
        said = log.read_text()
        if words in said or process.poll() is not None:
            return said
        time.sleep(0.01)
    return pytest.fail("it did not say so in 20 s")


def cases(catalogue: Catalogue, directory: str) -> Iterator[tuple[Setting, Any]]:
    for path, setting in all_settings().items():
        for value in values(setting, directory) if path not in NOT_HERE else ():
            if any(catalogue.knows(one.flag) for one in setting.spellings):
                yield setting, value


def complaint(words: tuple[str, ...]) -> str:
    """
    What llama-server says against its flags: nothing when all it misses is the model, or what it would download.

    It ends before its log is written at times, so that it is asked again. The last `--verbosity` counts.
    """
    for _ in range(10):
        ended = subprocess.run(
            (*words, "--verbosity", "3"), capture_output=True, text=True, env=ENVIRONMENT, timeout=30, check=False
        )
        said = ended.stdout + ended.stderr
        if "handling argument" in said or "invalid argument" in said:
            return said
        if MISSING in said or cause_of_death(said, 1, None).kind is CauseKind.DOWNLOAD_FAILED:
            return ""
    return said or f"exit {ended.returncode}"


def test_every_value_of_every_setting_is_accepted_as_a_flag(build: tuple[str, Catalogue], directory: str) -> None:
    binary, catalogue = build
    tried = list(cases(catalogue, directory))
    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(lambda case: complaint(argv(case[0], case[1], binary, catalogue)), tried))

    assert len({setting.path for setting, _ in tried}) > 180
    refused = {f"{one.path}: {value!r}": text for (one, value), text in zip(tried, said, strict=True) if text}
    assert not refused, "\n".join(f"{case}\n    {text}" for case, text in refused.items())


def test_a_wrong_value_is_refused_so_that_the_test_above_says_something(build: tuple[str, Catalogue]) -> None:
    binary, catalogue = build
    words = argv(all_settings()["pooling"], "mean", binary, catalogue)
    assert not complaint(words)
    assert "--pooling" in complaint((*words, "--pooling", "sideways"))
    assert "--no-such-flag" in complaint((*words, "--no-such-flag"))


def test_the_router_knows_the_key_of_every_setting(
    build: tuple[str, Catalogue], directory: str, tmp_path: Path
) -> None:
    """One key that it does not know would end it; values are read by its children, as the flags of the test above."""
    binary, catalogue = build
    sections = {
        f"{number} {setting.path}": section(model_of(setting, value), catalogue=catalogue)
        for number, (setting, value) in enumerate(cases(catalogue, directory))
        if setting.path in model_settings() and fits_into_a_section(setting, value, catalogue)
    }
    (tmp_path / "router.ini").write_text(preset(sections))
    flags = router_argv(
        RouterSpec(), ServerSpec(), port=0, binary=binary, preset=str(tmp_path / "router.ini"), catalogue=catalogue
    )
    with (tmp_path / "log").open("wb") as log:
        router = subprocess.Popen(flags, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=ENVIRONMENT)
    try:
        said = eventually_says(tmp_path / "log", router, "listening on")
    finally:
        router.kill()
        router.wait()

    assert len(sections) > 300
    assert not [name for name in sections if name not in said]


def test_every_value_of_every_setting_is_read_back(build: tuple[str, Catalogue], directory: str) -> None:
    binary, catalogue = build
    for setting, value in cases(catalogue, directory):
        if chosen(setting, value, catalogue) and value is not False:
            read = read_argv(argv(setting, value, binary, catalogue), catalogue)
            expected = tuple(value) if isinstance(value, list) else value
            assert read.settings == {setting.path: expected}, setting.path
