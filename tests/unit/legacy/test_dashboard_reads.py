"""The dashboard's own way of reading: JSON.parse of the row `config`, laid over its defaults."""

import json
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from reconciler.legacy.migrate import migrate
from tests.support.legacy import EXPECTED, fixture

PROGRAM = """\
const rows = JSON.parse(require("fs").readFileSync(0, "utf8"));
const defaults = {
  router_config: {modelsPath: "", serverPath: "", host: "0.0.0.0", port: 8080, maxModelsLoaded: 4, parallelSlots: 1,
    ctxSize: 4096, gpuLayers: 0, threads: 4, batchSize: 512, temperature: 0.7, repeatPenalty: 1.1,
    metricsEnabled: true, autoStartOnLaunch: false},
  logging_config: {level: "info", maxFileSize: 10485760, maxFiles: 7, enableFileLogging: true,
    enableDatabaseLogging: true, enableConsoleLogging: true},
};
const read = {};
for (const [table, value] of Object.entries(rows)) {
  read[table] = {...defaults[table], ...JSON.parse(value)};
  for (const [key, standard] of Object.entries(defaults[table]))
    if (typeof read[table][key] !== typeof standard) throw new Error(`${table}.${key}: ${read[table][key]}`);
}
process.stdout.write(JSON.stringify(read));
"""


@pytest.mark.node
@pytest.mark.skipif(shutil.which("node") is None, reason="node is not here")
@pytest.mark.parametrize(
    "name", ["j1_small.db", "j6_small.db", "j9_small.db", "j9_bad_user_settings.db", "v2c_small.db"]
)
def test_the_dashboard_reads_what_was_migrated(name: str, tmp_path: Path) -> None:
    path = fixture(name, tmp_path)
    migrate(path, now=1770000000.0)
    rows: dict[str, Any] = {}
    with closing(sqlite3.connect(path)) as connection:
        for table in ("router_config", "logging_config"):
            ((rows[table],),) = connection.execute(f"SELECT value FROM {table} WHERE key = 'config'")  # noqa: S608 - a name of the test

    done = subprocess.run(
        ["node", "-e", PROGRAM], input=json.dumps(rows), capture_output=True, text=True, timeout=30, check=False
    )

    assert done.returncode == 0, done.stderr
    read = json.loads(done.stdout)
    assert read["router_config"] == EXPECTED[name]["router"]
    accepted = EXPECTED[name].get("logging_accept", {})
    for key, value in EXPECTED[name]["logging"].items():
        assert read["logging_config"][key] in [value, *accepted.get(key, [])]
