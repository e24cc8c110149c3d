"""A web server on loopback to download models from: as slow, as broken and as silent as a test wants it."""

import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

PIECE = 4096


class DownloadServer(ThreadingHTTPServer):
    """
    Serves bytes by path.

    Attributes:
        files: what is served; another path is a 404.
        pause: seconds between two pieces of a file.
        stop_at: how many bytes are sent before the server falls silent, or cuts the connection when `cut` is set.
        go_on: lets a silent server finish; set it in the end, or its threads wait on.
        asked: the requests so far, as `METHOD PATH`.
        tokens: what they were authorised by.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.pause = 0.0
        self.stop_at: int | None = None
        self.cut = False
        self.go_on = threading.Event()
        self.asked: list[str] = []
        self.tokens: set[str] = set()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.go_on.set()
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: DownloadServer

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, *_: Any) -> None:
        """Nothing is printed."""

    def _answer(self, *, body: bool) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        self.server.tokens |= {self.headers["Authorization"]} - {None}
        data = self.server.files.get(self.path.partition("?")[0])
        if data is None:
            self.send_error(404)
            return
        first = self._first_byte()
        self.send_response(206 if first else 200)
        self.send_header("Content-Length", str(len(data) - first))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", f'"{len(data)}"')
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        if body:
            self._send(data, first)

    def _first_byte(self) -> int:
        wanted = self.headers.get("Range", "")
        return int(wanted.removeprefix("bytes=").partition("-")[0]) if wanted.startswith("bytes=") else 0

    def _send(self, data: bytes, first: int) -> None:
        try:
            for position in range(first, len(data), PIECE):
                if self.server.stop_at is not None and position >= self.server.stop_at:
                    if self.server.cut:
                        self.close_connection = True
                        return
                    self.server.go_on.wait()
                self.wfile.write(data[position : position + PIECE])
                self.wfile.flush()
                if self.server.pause:
                    time.sleep(self.server.pause)
        except OSError:
            self.close_connection = True


def publish(server: DownloadServer, repository: str, files: dict[str, bytes]) -> None:
    """Offers files as a repository of Hugging Face, in the few answers that llama-server asks for."""
    commit = "c" * 40
    branches = [{"name": "main", "ref": "refs/heads/main", "targetCommit": commit}]
    tree = [{"type": "file", "path": name, "size": len(data), "oid": _digest(data)} for name, data in files.items()]
    about = f"/api/models/{repository}"
    server.files[f"{about}/refs"] = json.dumps({"branches": branches, "converts": [], "tags": []}).encode()
    server.files[f"{about}/tree/{commit}"] = json.dumps(tree).encode()
    server.files |= {f"/{repository}/resolve/{commit}/{name}": data for name, data in files.items()}


def _digest(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()
