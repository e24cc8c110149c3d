"""
The errors that a user can meet, split by what the reader does next.

    ReconcilerError            known; shown without a traceback            exit 1
    ├── ConfigError            mend the configuration                       1
    ├── LlamaServerError       get, mend or name a llama-server             1
    │   ├── GgufError          the model file is not what it should be      1
    │   └── LlamaApiError      an answer of a server has an unknown shape   1
    ├── RuntimeFailure         the host refused something (file, process)   1
    ├── StoreError             mend or restore the store                    1
    ├── LegacyError            a dashboard's database: see its kind         1
    ├── PreflightError         nothing was touched; mend what is named      1
    ├── StalePlanError         plan again                                   6
    ├── LockedError            wait for the other writer                    7
    ├── UnsafePlanError        look at the numbers, then insist             8
    └── UsageError             call it differently                         64

A broken assumption of ours is none of these: it is a plain exception, shown as a bug with a traceback.
"""

from typing import ClassVar


class ReconcilerError(Exception):
    """
    A failure that has an explanation.

    Attributes:
        summary: one sentence that names the thing.
        detail: both sides, expected and got; empty where the summary says it all.
        hint: a command or an edit that leads out; never "check your configuration".
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, summary: str, *, detail: str = "", hint: str = "") -> None:
        super().__init__(summary)
        self.summary = summary
        self.detail = detail
        self.hint = hint


class ConfigError(ReconcilerError):
    """The configuration cannot be used; the diagnostics that it carries say where and why."""

    def __init__(self, summary: str, *, diagnostics: tuple[object, ...] = (), detail: str = "", hint: str = "") -> None:
        super().__init__(summary, detail=detail, hint=hint)
        self.diagnostics = diagnostics


class LlamaServerError(ReconcilerError):
    """There is no usable llama-server, or it is not the one that was expected."""


class GgufError(LlamaServerError):
    """The bytes are not a GGUF header that can be read."""


class LlamaApiError(LlamaServerError):
    """An answer of a llama-server does not have the shape that its endpoint is known for."""


class RuntimeFailure(ReconcilerError):  # noqa: N818 - `RuntimeError` is taken by Python
    """The operating system refused a file, a process or a connection."""


class StoreError(ReconcilerError):
    """The store cannot be read or written: newer than the program, damaged, or on a full disk."""


class LegacyError(ReconcilerError):
    """
    A database of the dashboard cannot be read or changed; nothing was written.

    Attributes:
        kind: for programs. `not_sqlite`, `empty`, `unknown_schema`, `corrupt`, `busy`, `unreadable`; when it is to be
            changed in place also `not_writable`, `no_room`, `changed`, `no_copy`.
    """

    def __init__(self, summary: str, *, kind: str, detail: str = "", hint: str = "") -> None:
        super().__init__(summary, detail=detail, hint=hint)
        self.kind = kind


class PreflightError(ConfigError):
    """The host is not ready for the plan; nothing was touched."""


class StalePlanError(ReconcilerError):
    """The world moved after the plan was saved; `moved` names what."""

    exit_code: ClassVar[int] = 6

    def __init__(self, summary: str, *, moved: tuple[str, ...], hint: str = "") -> None:
        super().__init__(summary, detail="\n".join(moved), hint=hint)
        self.moved = moved


class LockedError(ReconcilerError):
    """Another writer holds the lock of the store, longer than we were told to wait."""

    exit_code: ClassVar[int] = 7


class UnsafePlanError(ReconcilerError):
    """The plan does more harm than its limits allow; the numbers are in the message."""

    exit_code: ClassVar[int] = 8


class UsageError(ReconcilerError):
    """The command was called in a way that cannot work here (no terminal and no `-y`)."""

    exit_code: ClassVar[int] = 64
