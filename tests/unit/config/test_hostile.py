"""
Files that are made to cost much: each is one clear answer of the real command, within its memory.

Measured here with the command as a whole: at most 1.9 s of CPU and 250 MiB, of which 0.3 s and 40 MiB are its start.
The limits below are guards for a busy machine.
"""

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.memory import measured

CATALOGUE = Path(__file__).parents[3] / "schemas/llama-server/b10434.json"
HEAD = "version: 1\nfleet: f\n"
ROUTER = HEAD + "router: {models_max: 0}\nmodels:\n"
MIB = 2**20
MOST_MEMORY = 300 * MIB
MOST_SECONDS = 20
SIZE = 10 * MIB - 1000


def filled(unit: str, before: str = HEAD, size: int = SIZE) -> str:
    return before + unit * (size // len(unit.encode()))


def numbered(form: str, count: int, before: str = ROUTER) -> str:
    return before + "".join(form.format(number) for number in range(count))


def wrong_parts() -> str:
    """As many values as one configuration may have, each of them wrong for every type that it could be."""
    return numbered("  m{}: {{path: x, extra_args: {{--a: [" + "[]," * 4_900 + "]}}}}\n", 80)


FILES: dict[str, tuple[Callable[[], str | bytes], str]] = {
    "lists in a list": (lambda: filled("[],", HEAD + "x-a: ["), "E0111"),
    "one long list": (lambda: filled("a,", HEAD + "x-a: ["), "E0111"),
    "a list of ten million lines": (lambda: filled("- a\n"), "E0111"),
    "a million keys": (lambda: numbered("k{}: 1\n", 900_000), "E0111"),
    "unknown keys at the top": (lambda: numbered("k{}: 1\n", 190_000, HEAD), "E0204"),
    "duplicate keys": (lambda: filled("a: 1\n", size=2 * MIB), "E0103"),
    "one long text": (lambda: filled("a", HEAD + "x-a: "), "E0114"),
    "one long key": (lambda: filled("a", HEAD + "? "), "E0114"),
    "one long comment": (lambda: filled("a", "# "), "E0102"),
    "empty lines": (lambda: filled("\n"), "E0111"),
    "a huge number": (lambda: filled("9", HEAD + "x-a: "), "E0114"),
    "huge numbers": (lambda: numbered(f"- {'9' * 101}\n", 90_000, HEAD + "x-a:\n"), "E0114"),
    "deep lists": (lambda: filled("[", HEAD + "x-a: "), "E0108"),
    "deep mappings": (lambda: filled("{a: ", HEAD + "x-a: "), "E0108"),
    "anchors": (lambda: numbered("x-{0}: &a{0} 1\n", 190_000, HEAD), ""),
    "aliases": (lambda: filled("*a ,", HEAD + "x-a: &a 1\nx-b: ["), "E0105"),
    "merges": (lambda: filled("*a ,", HEAD + "x-a: &a {}\nx-b: {<<: ["), "E0105"),
    "directives": (lambda: numbered("%TAG !a{}! tag:a,2000:\n", 300_000, ""), "E0111"),
    "documents": (lambda: filled("---\na\n"), "E0111"),
    "exclamation marks": (lambda: filled("!", HEAD + "x-a: "), "E0104"),
    "wrong models": (lambda: numbered("  m{}: {{path: x, nope: 1, memory: {{ctx_size: a}}}}\n", 18_000), "E0204"),
    "wrong values of every kind": (wrong_parts, "E0201"),
    "models without a path": (lambda: numbered("  m{}:\n", 19_000), "E0205"),
    "too many models": (lambda: numbered("  m{}: {{path: x}}\n", 90_000), "E0111"),
    "one port for all": (lambda: numbered("  m{}: {{path: x, serve: dedicated, port: 80}}\n", 19_000), "E0304"),
    "one alias for all": (lambda: numbered("  m{}: {{path: x, aliases: [q]}}\n", 19_000), "E0303"),
    "one flag for all": (lambda: numbered("  m{}: {{path: x, extra_args: {{--nope: 1}}}}\n", 19_000), "E0403"),
    "much to inherit": (
        lambda: numbered(
            "  m{}: {{path: x}}\n",
            9_000,
            HEAD + f"defaults: {{extra_args: {{{','.join(f'--a{n}: 1' for n in range(2_000))}}}}}\nmodels:\n",
        ),
        "E0111",
    ),
    "much to inherit beside a variable": (
        lambda: numbered(
            "  m{}: {{path: x}}\n",
            6_000,
            HEAD
            + "variables: {v: 1}\ndefaults:\n  sampling:\n    top_k: ${v}\n"
            + f"  extra_args: {{{','.join(f'--a{n}: 1' for n in range(200))}}}\nmodels:\n",
        ),
        "E0111",
    ),
    "slips of the pen in variables": (
        lambda: numbered(
            "  m{0}: {{path: '${{vrable{0}}}'}}\n",
            3_000,
            numbered("  variable{}: 1\n", 100_000, HEAD + "variables:\n") + "models:\n",
        ),
        "E0607",
    ),
    "wrong parts of a profile": (
        lambda: HEAD + "profiles: {p: {defaults: {extra_args: {--a: [" + "[]," * 380_000 + "]}}}}\n",
        "E0111",
    ),
    "profiles that take away": (
        lambda: numbered("  p{0}: {{models: {{m{0}: null, n: null}}}}\n", 40_000, HEAD + "profiles:\n"),
        "E0606",
    ),
    "many profiles": (
        lambda: numbered("  p{}: {{models: {{a: {{gpu: {{layers: 3}}}}}}}}\n", 15_000, HEAD + "profiles:\n"),
        "E0111",
    ),
    "includes that lead nowhere": (lambda: numbered("- nothing{}.yaml\n", 20_000, HEAD + "include:\n"), "E0601"),
    "everything in one line": (lambda: HEAD + "models: {" + "a: {path: x, z: 1}, " * 50_000 + "}\n", "E0103"),
    "UTF-16": (lambda: filled("a: b\n", size=4 * MIB).encode("utf-16"), "E0109"),
    "UTF-32": (lambda: filled("a: b\n", size=2 * MIB).encode("utf-32"), "E0109"),
    "latin-1 at the end": (lambda: filled("a: b\n").encode() + b"x: \xe9\n", "E0109"),
    "NUL bytes": (lambda: filled("\0"), "E0110"),
    "wide characters": (lambda: filled("😀,", HEAD + "x-a: ["), "E0111"),
    "line ends of another kind": (lambda: filled("\u2028"), "E0111"),
    "100 MB": (lambda: b"a: b\n" * 20_000_000, "E0111"),
}  # fmt: skip


def answer(path: Path) -> str:
    """What `reconcile validate` says; its memory is looked at when it has ended."""
    command = (sys.executable, "-m", "reconciler", "validate", "-c", path, "--llama-server", CATALOGUE)
    output, peak = path.with_name("output"), path.with_name("peak")
    with output.open("wb") as stream:
        process = subprocess.Popen(measured(command, peak), stdin=subprocess.DEVNULL, stdout=stream, stderr=stream)
        resource.prlimit(process.pid, resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
        process.wait()
    said = output.read_text()
    assert process.returncode in {0, 1}, said[-2000:]
    assert "Traceback" not in said
    assert len(said) < MIB
    assert int(peak.read_text()) < MOST_MEMORY
    return said


@pytest.mark.parametrize("name", FILES)
def test_no_file_costs_more_than_it_can_mean(name: str, tmp_path: Path) -> None:
    content, code = FILES[name]
    data = content()
    path = tmp_path / "fleet.yaml"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())

    assert (code or "valid for llama-server") in answer(path)


def test_ten_thousand_models_load(tmp_path: Path) -> None:
    sections = "memory: {{ctx_size: 32k}}, sampling: {{top_k: 2, min_p: 0.5}}, aliases: [a{0}, b{0}]"
    model = "  m{0}: {{path: /m/{0}.gguf, " + sections + "}}\n"
    (tmp_path / "fleet.yaml").write_text(numbered(model, 10_000))

    assert "10000 models" in answer(tmp_path / "fleet.yaml")


def test_a_directory_of_many_files_is_refused_before_it_is_read(tmp_path: Path) -> None:
    for number in range(10_001):
        (tmp_path / f"{number}.yaml").touch()

    assert "E0603" in answer(tmp_path)


def test_files_that_are_too_large_together_are_refused(tmp_path: Path) -> None:
    for number in range(11):
        (tmp_path / f"{number}.yaml").write_text(f"x-{number}: {'a' * 1_000_000}\n")

    assert "E0603" in answer(tmp_path)


@pytest.mark.parametrize("kind", ["a FIFO", "a loop of links", "a device without end", "a directory in its place"])
def test_what_is_no_file_is_not_waited_for(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "fleet.yaml"
    if kind == "a FIFO":
        os.mkfifo(path)
    elif kind == "a loop of links":
        path.symlink_to(path)
    elif kind == "a device without end":
        path.symlink_to("/dev/zero")
    else:
        (path / "fleet.yaml").mkdir(parents=True)

    assert ("E0113" if kind.startswith("a directory") else "E0112") in answer(path)
