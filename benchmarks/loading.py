"""Reading and checking one large file with nothing remembered, beside PyYAML's C parser composing the same file."""

import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import yaml

from benchmarks.table import Row, spread, table
from reconciler.config.load import load_fleet

MODELS, MANY = 1_000, 10_000
LIMIT = 0.4
NOTE = f"""\
Within one process, modules imported. Composing alone gives neither values nor checks; its own cycle detection makes it
grow faster than the file. Linear is {MANY // MODELS} times {MODELS:,} models."""

MODEL = """\
  model-{0:05}:
    path: /srv/models/org/Model-{0:05}-Instruct-Q4_K_M.gguf
    load: on-demand
    aliases: [m{0}, mm{0}]
    sampling:
      temperature: 0.7
      top_p: 0.8
      top_k: 20
    memory:
      ctx_size: 32768
      cache_type_k: q8_0
      load_mode: mlock
    gpu:
      layers: all
      tensor_split: [3, 1]
    # {0:05}: about 340 bytes, as people write models
"""


def measure(repetitions: int) -> list[Row]:
    """One row, of the file that the target speaks of."""
    ours, theirs = _seconds(MODELS, repetitions)
    what = f"loading {MODELS} models, nothing remembered, within one process"
    return [Row(what=what, ours=ours, against="PyYAML's C parser", other=theirs, limit=LIMIT)]


def growth(repetitions: int) -> str:
    """A table with a line for each size."""
    lines = []
    for models in (MODELS, MANY):
        ours, theirs = _seconds(models, repetitions)
        each = f"{median(ours) / models * 1e6:.0f} µs"
        lines.append((f"{models:,}", spread(ours, "s"), each, spread(theirs, "s")))
    return table(("models", "load and check", "each model", "PyYAML's C parser"), lines)


def _seconds(models: int, repetitions: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    text = "version: 1\nfleet: large\nrouter: {models_max: 0}\nmodels:\n" + "".join(map(MODEL.format, range(models)))
    with TemporaryDirectory(prefix="reconcile-bench-") as directory:
        file = Path(directory) / "fleet.yaml"
        file.write_text(text)
        turns = [(_load(file), _compose(text)) for _ in range(repetitions + 1)][1:]
    ours, theirs = zip(*turns, strict=True)
    return ours, theirs


def _load(file: Path) -> float:
    began = time.perf_counter()
    load_fleet([file])
    return time.perf_counter() - began


def _compose(text: str) -> float:
    began = time.perf_counter()
    yaml.compose(text, Loader=yaml.CSafeLoader)
    return time.perf_counter() - began
