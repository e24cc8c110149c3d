"""From the plain functions of the commands into the event loop and back."""

from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def result_of(work: Coroutine[Any, Any, T]) -> T:
    """
    As `asyncio.run`, which must not see the result: when it gives ^C back, Python words the finished task
    with all that it returned (`signal._int_to_enum`): a plan of a thousand models takes longer to word than to make.
    """
    import asyncio  # noqa: PLC0415 - who looks at files alone waits for nothing

    results: list[T] = []

    async def keep() -> None:
        results.append(await work)

    asyncio.run(keep())
    return results[0]
