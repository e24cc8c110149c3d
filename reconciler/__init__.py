"""
Keeps llama-server processes as YAML in git declares them. In Python:

    from reconciler.api import Store, apply, load, make_plan, observe

The functions live in `reconciler.api` and not here, because `reconciler.observe` and `reconciler.apply` are packages:
importing a package sets it as an attribute of its parent, whatever stood there before. Importing this module costs
nothing; `api` and `__version__` are looked up when somebody asks.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reconciler import api

    __version__: str

__all__ = ["__version__", "api"]


def __getattr__(name: str) -> Any:
    if name == "api":
        return import_module("reconciler.api")
    if name == "__version__":
        return import_module("reconciler.version").VERSION
    msg = f"module `{__name__}` has no attribute `{name}`"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
