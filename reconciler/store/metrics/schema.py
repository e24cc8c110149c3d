"""
The tables of measurements, as their migrations make them. A statement that was released is never edited.

NULL is what could not be measured. One row a moment is the host's; rows of GPUs and models belong to it.
"""

from reconciler.store.layout import METRICS
from reconciler.store.migrations import Kind, Migration

_FIRST = (
    """
    CREATE TABLE metrics_history (
        id INTEGER PRIMARY KEY,
        at REAL NOT NULL,
        cpu_percent REAL,
        load REAL,
        memory_percent REAL,
        memory_used_bytes INTEGER,
        memory_total_bytes INTEGER,
        swap_percent REAL,
        disk_percent REAL,
        disk_used_bytes INTEGER,
        disk_total_bytes INTEGER,
        received_bytes INTEGER,
        sent_bytes INTEGER,
        active_models INTEGER,
        uptime_seconds REAL,
        requests_per_minute REAL,
        imported INTEGER NOT NULL DEFAULT 0 CHECK (imported IN (0, 1)),
        node TEXT NOT NULL DEFAULT 'local'
    ) STRICT
    """,
    "CREATE INDEX metrics_by_time ON metrics_history (node, at)",
    # Retention looks at these alone; what was imported may be years of rows.
    "CREATE INDEX measured_by_time ON metrics_history (at) WHERE imported = 0",
    """
    CREATE TABLE metrics_gpus (
        sample INTEGER NOT NULL REFERENCES metrics_history (id) ON DELETE CASCADE,
        gpu TEXT NOT NULL,
        utilization_percent REAL,
        memory_used_bytes INTEGER,
        memory_total_bytes INTEGER,
        temperature_celsius REAL,
        power_watts REAL,
        clock_mhz REAL,
        throttle TEXT,
        node TEXT NOT NULL DEFAULT 'local',
        PRIMARY KEY (sample, gpu)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE metrics_models (
        sample INTEGER NOT NULL REFERENCES metrics_history (id) ON DELETE CASCADE,
        model TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN (
            'starting', 'loading', 'running', 'sleeping', 'unloaded', 'evicted', 'draining', 'stopping', 'stopped',
            'failed', 'crash-loop', 'unknown'
        )),
        rss_bytes INTEGER,
        gpu_memory_bytes INTEGER,
        requests_total INTEGER,
        requests_running INTEGER,
        requests_queued INTEGER,
        prompt_tokens_total INTEGER,
        generated_tokens_total INTEGER,
        tokens_per_second REAL,
        kv_used_ratio REAL,
        node TEXT NOT NULL DEFAULT 'local',
        PRIMARY KEY (sample, model)
    ) STRICT, WITHOUT ROWID
    """,
)

METRICS_MIGRATIONS: tuple[Migration, ...] = (Migration("measurements", _FIRST),)

METRICS_KIND = Kind(file=METRICS, application=0x4C_4C_52_4D, migrations=METRICS_MIGRATIONS, durable=False)
"""`application_id` is `LLRM`."""
