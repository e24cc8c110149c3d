"""The real import of a database, and what came out of it in the words of `expected.json`."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from reconciler.config.files import RawFile
from reconciler.config.load import LoadedFleet, load_fleet
from reconciler.config.rewrite import restyled
from reconciler.config.source import parse
from reconciler.config.text import Text
from reconciler.llama.arguments import settings_of
from reconciler.llama.catalogue import Catalogue
from reconciler.llama.check import check_flags
from reconciler.spec.base import Spec
from reconciler.spec.model import ModelSpec
from reconciler.spec.server import ServerSpec
from reconciler.spec.validating import validate
from reconciler.supervise.importing import Taken, take
from tests.support.command import Ended, in_process
from tests.support.legacy import COLUMNS

ROOT = Path(__file__).parents[2]
CATALOGUES = {name: ROOT / "schemas" / "llama-server" / f"{name}.json" for name in ("b10434", "b11434")}
CATALOGUE = Catalogue.from_json(json.loads(CATALOGUES["b10434"].read_bytes()))
NOT_SERVER = frozenset({"threads", "memory"})

Options = dict[str, Any]
"""By the long option without dashes; true or false for one without a value."""


@dataclass(frozen=True)
class Done:
    """One import: how it ended, and where it wrote."""

    ended: Ended
    directory: Path

    @property
    def target(self) -> Path:
        return self.directory / "fleet.yaml"

    @cached_property
    def report(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.ended.out)
        return document

    @cached_property
    def text(self) -> str:
        return self.target.read_text()

    @cached_property
    def tree(self) -> dict[str, Any]:
        """The configuration as it is written, nothing inherited."""
        root, problems = parse(Text("fleet.yaml", str(self.directory), self.text))
        assert root is not None
        assert not problems
        tree: dict[str, Any] = root.value
        return tree

    @cached_property
    def fleet(self) -> LoadedFleet:
        return load_fleet([self.target])

    def model(self, name: str) -> dict[str, Any]:
        """A model of the report by its name in the source."""
        return next(one for one in self.report["models"] if one["name"] == name)

    def own(self, new_name: str) -> Options:
        """The options that a model says itself."""
        return options(validate(ModelSpec, self.tree["models"][new_name]))

    def codes(self) -> set[str]:
        return {one["code"] for one in self.report["warnings"]}

    def everything(self) -> str:
        """All that was said or written, but for the files of secrets."""
        files = (one for one in self.directory.rglob("*") if one.is_file() and one.parent.name != "secrets")
        return "\n".join([self.ended.out, self.ended.err, *(one.read_bytes().decode("latin-1") for one in files)])


def import_legacy(source: Path, directory: Path, *args: str, target: str = "fleet.yaml") -> Done:
    """Runs `reconcile import legacy`, store and all below one directory."""
    directory.mkdir(exist_ok=True)
    words = ("import", "legacy", str(source), "-o", str(directory / target), "--store", str(directory / "state"))
    return Done(in_process(*words, "--format", "json", *args), directory)


def taken(path: Path) -> Taken:
    """The import without writing; what comes out is valid, in style, and accepted by the build's flags."""
    found = take(path, path.with_name("fleet.yaml"), fleet="", exists=lambda _: False, catalogue=lambda: CATALOGUE)
    text = found.imported.text
    assert restyled(RawFile(path=path.with_name("fleet.yaml"), data=text.encode(), identity=(0, 0))) == text
    errors = [one for one in check_flags(found.loaded.spec, CATALOGUE) if one.severity.value == "error"]
    assert errors == []
    json.dumps(found.imported.report)
    return found


def model(found: Taken, name: str) -> dict[str, Any]:
    """A model of the report."""
    report: dict[str, Any] = next(one for one in found.imported.report["models"] if one["name"] == name)
    return report


def codes(found: Taken) -> list[str]:
    return [one["code"] for one in found.imported.report["warnings"]]


def options(spec: Spec) -> Options:
    """Settings as options, in the first spelling that b10434 lists."""
    found = {}
    for one in settings_of(spec, CATALOGUE):
        name = canonical(one.key)
        found[name] = one.value if one.value is not None else one.flag == one.key
    return found


def server_options(tree: dict[str, Any]) -> Options:
    """What `server` and `router` say, as options."""
    server = {key: value for key, value in tree.get("server", {}).items() if key not in {"host", "api_key", "hf_token"}}
    router = tree.get("router", {})
    said = {"host": router.get("host"), "port": router.get("port"), "models-max": router.get("models_max")}
    return options(validate(ServerSpec, server)) | {key: value for key, value in said.items() if value is not None}


def canonical(flag: str) -> str:
    """One name for all spellings of an option."""
    return _NAMES.get(flag, flag).lstrip("-")


def same(expected: object, found: object) -> bool:
    """Numbers compare as numbers."""
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    try:
        return float(str(expected)) == float(str(found))
    except ValueError:
        return str(expected) == str(found)


def _names() -> dict[str, str]:
    names = {}
    for one in COLUMNS:
        if flag := one.get("flag_today"):
            for other in (flag, one.get("main_arg_today"), *one.get("aliases_today", [])):
                if other:
                    names[other] = flag
    return names


_NAMES = _names()
