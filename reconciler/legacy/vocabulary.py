"""The two rows of migration 004, 14 keys of the router and 6 of the log: types, defaults, and where each came from."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from reconciler.domain.frozen import frozen
from reconciler.legacy import values
from reconciler.legacy.values import Bad, Given, Unset

Reader = Callable[[object], Given[Any] | Unset | Bad]
Key = bool | int | float | str

SERVER = "server_config.config"
SETTINGS = "metadata.user_settings"


@frozen
class Entry:
    """
    One key of the unified rows.

    Attributes:
        read: what makes a value of what is stored.
        default: of the migration's second edition, which has no paths of its author.
        was: earlier places, best first: the row, and the key in it.
    """

    read: Reader
    default: Key
    was: tuple[tuple[str, str], ...]


def _entry(read: Reader, default: Key, row: str, *keys: str) -> Entry:
    return Entry(read=read, default=default, was=tuple((row, key) for key in keys))


ROUTER: Final[Mapping[str, Entry]] = {
    "modelsPath": _entry(values.text, "", SERVER, "baseModelsPath", "modelsPath"),
    "serverPath": _entry(values.text, "", SERVER, "serverPath"),
    "host": _entry(values.text, "0.0.0.0", SERVER, "llama_server_host", "host"),  # noqa: S104 - the dashboard's default
    "port": _entry(values.integer, 8080, SERVER, "llama_server_port", "port"),
    "maxModelsLoaded": _entry(values.integer, 4, SETTINGS, "maxModelsLoaded"),
    "parallelSlots": _entry(values.integer, 1, SETTINGS, "parallelSlots"),
    "ctxSize": _entry(values.integer, 4096, SERVER, "ctx_size"),
    "gpuLayers": _entry(values.integer, 0, SETTINGS, "gpuLayers"),
    "threads": _entry(values.integer, 4, SERVER, "threads"),
    "batchSize": _entry(values.integer, 512, SERVER, "batch_size"),
    "temperature": _entry(values.number, 0.7, SERVER, "temperature"),
    "repeatPenalty": _entry(values.number, 1.1, SERVER, "repeatPenalty"),
    "metricsEnabled": _entry(values.boolean, True, SERVER, "llama_server_metrics"),  # noqa: FBT003 - a default
    "autoStartOnLaunch": _entry(
        values.boolean,
        False,  # noqa: FBT003 - a default
        SERVER,
        *("auto_start_on_launch", "llama_server_enabled", "autoStart"),
    ),
}

LOGGING: Final[Mapping[str, Entry]] = {
    "level": _entry(values.text, "info", SETTINGS, "logLevel"),
    "maxFileSize": _entry(partial(values.integer, highest=2**53), 10485760, SETTINGS, "maxFileSize"),
    "maxFiles": _entry(values.integer, 7, SETTINGS, "maxFiles"),
    "enableFileLogging": _entry(values.boolean, True, SETTINGS, "enableFileLogging"),  # noqa: FBT003 - a default
    "enableDatabaseLogging": _entry(values.boolean, True, SETTINGS, "enableDatabaseLogging"),  # noqa: FBT003 - as above
    "enableConsoleLogging": _entry(
        values.boolean,
        True,  # noqa: FBT003 - a default
        SETTINGS,
        *("enableConsoleLogging", "enableConsoleLog"),
    ),
}

SPOKEN: Final[Mapping[str, tuple[str, ...]]] = {"level": ("logLevel", "level")}
"""Other names of a key in the unified rows, the one that the running dashboard reads first."""

OF_SERVER_ROW: Final[Mapping[str, str]] = {
    "host": "host",
    "port": "port",
    "modelsPath": "models_dir",
    "maxModelsLoaded": "models_max",
    "metricsEnabled": "metrics_enabled",
}
"""Keys of the router that the TypeScript vintages kept as columns of `model_server_config`."""

MODELS_MAX_UNSET: Final = 4
"""The default of its column, which every row has: nobody chose it."""
