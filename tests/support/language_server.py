"""The language server that editors use for YAML, spoken to as an editor does: JSON-RPC over its standard streams."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SERVER = ROOT / ".cache/node/node_modules/yaml-language-server/bin/yaml-language-server"


def missing() -> str:
    """Why it cannot be used here; nothing when it can."""
    if not shutil.which("node"):
        return "not here: node"
    return "" if SERVER.exists() else "not here: make language-server"


class LanguageServer:
    """One server; it is told nothing of schemas, and has no settings of anybody."""

    def __init__(self) -> None:
        self.diagnostics: dict[str, list[dict[str, Any]]] = {}
        self._requests = 0
        self._process = subprocess.Popen(["node", SERVER, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        accepted = {
            "hover": {"contentFormat": ["markdown"]},
            "completion": {"completionItem": {"snippetSupport": True}},
        }
        self.ask("initialize", {"processId": None, "rootUri": None, "capabilities": {"textDocument": accepted}})
        self._send({"method": "initialized", "params": {}})

    def close(self) -> None:
        """Ends it."""
        self._process.kill()
        self._process.communicate()

    def open(self, file: Path, text: str) -> None:
        """Shows it a file, which need not be on the disk."""
        document = {"uri": file.as_uri(), "languageId": "yaml", "version": 1, "text": text}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})

    def hover(self, file: Path, line: int, column: int) -> str:
        """What is shown for a place; both counted from 0."""
        answer = self.ask("textDocument/hover", _at(file, line, column))
        return str(answer["contents"]["value"]) if answer else ""

    def completion(self, file: Path, line: int, column: int) -> dict[str, dict[str, Any]]:
        """What is offered at a place, by label."""
        answer = self.ask("textDocument/completion", _at(file, line, column))
        return {item["label"]: item for item in answer["items"]}

    def complaints(self, file: Path) -> list[dict[str, Any]]:
        """What is underlined, once it was looked at."""
        while file.as_uri() not in self.diagnostics:
            self._take(self._receive())
        return self.diagnostics[file.as_uri()]

    def ask(self, method: str, params: dict[str, Any]) -> Any:
        """The answer to a request; what comes before it is taken note of."""
        self._requests += 1
        self._send({"id": self._requests, "method": method, "params": params})
        while (message := self._receive()).get("id") != self._requests or "method" in message:
            self._take(message)
        return message["result"]

    def _take(self, message: dict[str, Any]) -> None:
        if message["method"] == "textDocument/publishDiagnostics":
            self.diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "id" in message:
            items = message["params"].get("items", ()) if message["method"] == "workspace/configuration" else ()
            self._send({"id": message["id"], "result": [{} for _ in items]})

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout
        length = 0
        while header := self._process.stdout.readline().strip():
            name, _, value = header.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        assert length, "the language server has ended"
        message: dict[str, Any] = json.loads(self._process.stdout.read(length))
        return message


def _at(file: Path, line: int, column: int) -> dict[str, Any]:
    return {"textDocument": {"uri": file.as_uri()}, "position": {"line": line, "character": column}}
