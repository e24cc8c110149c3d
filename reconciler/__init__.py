"""
Keeps llama-server processes as YAML in git declares them. In Python:

    from reconciler import Store
    from reconciler.api import apply, load, make_plan, observe

The functions live in `reconciler.api` and not here, because `reconciler.observe` and `reconciler.apply` are packages:
importing a package sets it as an attribute of its parent, whatever stood there before. Importing this module costs
nothing; `Store`, `api` and `__version__` are looked up when somebody asks.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reconciler import api
    from reconciler.store.reader import Store

    __version__: str

__all__ = ["Store", "__version__", "api"]


def __getattr__(name: str) -> Any:
    if name == "Store":
        return import_module("reconciler.store.reader").Store
    if name == "api":
        return import_module("reconciler.api")
    if name == "__version__":
        return import_module("reconciler.version").VERSION
    msg = f"module `{__name__}` has no attribute `{name}`"
    raise AttributeError(msg)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
