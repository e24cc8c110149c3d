"""
Server-sent events out of a stream of bytes that may be cut anywhere (WHATWG HTML, "Server-sent events").

Lines end with LF or CR LF, which is what llama-server sends; its pings are comments and are dropped.
"""

from reconciler.domain.frozen import frozen
from reconciler.llama.json_shape import wrong_answer

LONGEST_EVENT = 1 << 20


@frozen
class SseEvent:
    """One event: `event` is its type, `message` when none is given."""

    data: str
    event: str = "message"


class SseParser:
    """
    Collects bytes and gives back the events that are complete.

    One parser serves one connection: an event that its end cut off is lost, as the standard wants it.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._event = ""
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> list[SseEvent]:
        """
        Take the next bytes.

        Raises:
            LlamaApiError: an event grows beyond 1 MiB; there is no llama-server at the other end.
        """
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        events = [event for line in lines if (event := self._take(line.decode("utf-8", "replace")))]
        if len(self._rest) + sum(map(len, self._data)) > LONGEST_EVENT:
            raise wrong_answer(endpoint="/models/sse", detail=f"an event is longer than {LONGEST_EVENT} bytes")
        return events

    def _take(self, line: str) -> SseEvent | None:
        line = line.removesuffix("\r")
        if not line:
            return self._finish()
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
        elif field == "event":
            self._event = value
        return None

    def _finish(self) -> SseEvent | None:
        data, event = self._data, self._event
        self._data, self._event = [], ""
        return SseEvent(data="\n".join(data), event=event or "message") if data else None
