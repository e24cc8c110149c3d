"""Databases of the dashboard: the real ones in `tests/fixtures/legacy`, and what they are expected to give."""

import json
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parent.parent / "fixtures" / "legacy"
EXPECTED: dict[str, dict[str, Any]] = json.loads((FIXTURES / "expected.json").read_text())["files"]
READABLE = [name for name, entry in EXPECTED.items() if entry["result"] == "ok"]
REFUSED = [name for name, entry in EXPECTED.items() if entry["result"] == "refuse"]
COLUMNS: list[dict[str, Any]] = json.loads((FIXTURES / "legacy_columns.json").read_text())
