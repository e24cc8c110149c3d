"""What the first plan and apply needed; what was applied is one JSON text a resource."""

FIRST = (
    """
    CREATE TABLE metadata (
        key TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE resources (
        uid TEXT PRIMARY KEY CHECK (uid <> ''),
        resource TEXT NOT NULL UNIQUE,
        spec_version INTEGER,
        serve TEXT CHECK (serve IN ('dedicated', 'router', 'process')),
        applied TEXT,
        desired_running INTEGER NOT NULL CHECK (desired_running IN (0, 1)),
        port INTEGER UNIQUE CHECK (port BETWEEN 1 AND 65535),
        protected INTEGER NOT NULL CHECK (protected IN (0, 1)),
        restarts INTEGER NOT NULL,
        load_seconds TEXT NOT NULL,
        failure_digest TEXT,
        failure_message TEXT,
        failure_at REAL,
        CHECK ((applied IS NULL) = (spec_version IS NULL) AND (applied IS NULL) = (serve IS NULL)),
        CHECK ((failure_at IS NULL) = (failure_digest IS NULL) AND (failure_at IS NULL) = (failure_message IS NULL))
    ) STRICT
    """,
    """
    CREATE TABLE instances (
        instance TEXT PRIMARY KEY CHECK (instance <> ''),
        uid TEXT NOT NULL REFERENCES resources (uid) ON DELETE CASCADE,
        boot_id TEXT NOT NULL,
        pid INTEGER NOT NULL,
        start_ticks INTEGER NOT NULL,
        pidfd_inode TEXT,
        exe_device TEXT,
        exe_inode TEXT,
        port INTEGER,
        started_at REAL NOT NULL,
        adopted INTEGER NOT NULL CHECK (adopted IN (0, 1)),
        argv TEXT NOT NULL,
        log TEXT NOT NULL,
        ended_at REAL,
        node TEXT NOT NULL DEFAULT 'local',
        CHECK ((exe_device IS NULL) = (exe_inode IS NULL))
    ) STRICT
    """,
    "CREATE UNIQUE INDEX one_live_instance_a_slot ON instances (uid) WHERE ended_at IS NULL",
    "CREATE INDEX instances_of_a_slot ON instances (uid)",
    """
    CREATE TABLE conditions (
        uid TEXT NOT NULL REFERENCES resources (uid) ON DELETE CASCADE,
        type TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('True', 'False', 'Unknown')),
        reason TEXT NOT NULL,
        message TEXT NOT NULL,
        last_transition REAL NOT NULL,
        observed_generation INTEGER NOT NULL,
        node TEXT NOT NULL DEFAULT 'local',
        PRIMARY KEY (uid, type)
    ) STRICT
    """,
    """
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        operation TEXT NOT NULL,
        started_at REAL NOT NULL,
        finished_at REAL,
        result TEXT CHECK (result IN ('done', 'restored', 'failed', 'skipped', 'interrupted')),
        origin TEXT NOT NULL,
        program TEXT NOT NULL,
        build TEXT NOT NULL,
        who TEXT NOT NULL,
        spec_version INTEGER NOT NULL,
        spec TEXT,
        plan TEXT,
        CHECK ((finished_at IS NULL) = (result IS NULL))
    ) STRICT
    """,
    """
    CREATE TABLE steps (
        id INTEGER PRIMARY KEY,
        run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        resource TEXT NOT NULL,
        uid TEXT NOT NULL,
        action TEXT NOT NULL
            CHECK (action IN ('keep', 'start', 'stop', 'restart', 'reload', 'adopt', 'forget')),
        instance TEXT,
        spec_version INTEGER,
        serve TEXT CHECK (serve IN ('dedicated', 'router', 'process')),
        applied TEXT,
        started_at REAL NOT NULL,
        finished_at REAL,
        result TEXT CHECK (result IN ('done', 'restored', 'failed', 'skipped', 'interrupted')),
        message TEXT NOT NULL DEFAULT '',
        node TEXT NOT NULL DEFAULT 'local',
        CHECK ((finished_at IS NULL) = (result IS NULL)),
        CHECK ((applied IS NULL) = (spec_version IS NULL) AND (applied IS NULL) = (serve IS NULL))
    ) STRICT
    """,
    "CREATE INDEX steps_of_a_run ON steps (run)",
    "CREATE INDEX open_steps ON steps (id) WHERE finished_at IS NULL",
    """
    CREATE TABLE generations (
        number INTEGER PRIMARY KEY,
        run INTEGER NOT NULL UNIQUE REFERENCES runs (id),
        spec_version INTEGER NOT NULL,
        spec TEXT NOT NULL,
        origin TEXT NOT NULL,
        plan TEXT NOT NULL,
        result TEXT NOT NULL CHECK (result IN ('done', 'restored', 'failed', 'skipped', 'interrupted')),
        program TEXT NOT NULL,
        build TEXT NOT NULL,
        created_at REAL NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE events (
        id INTEGER PRIMARY KEY,
        at REAL NOT NULL,
        who TEXT NOT NULL,
        what TEXT NOT NULL,
        resource TEXT NOT NULL,
        result TEXT NOT NULL,
        detail TEXT NOT NULL
    ) STRICT
    """,
)
