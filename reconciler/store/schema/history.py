"""Where a configuration came from, who did what from where, and what is held. The audit only ever grows."""

ACTOR = (
    "user_id INTEGER",
    "sudo_user TEXT NOT NULL DEFAULT ''",
    "host TEXT NOT NULL DEFAULT ''",
    "via TEXT NOT NULL DEFAULT ''",
)
REVISION = (
    "commit_id TEXT NOT NULL DEFAULT ''",
    "branch TEXT NOT NULL DEFAULT ''",
    "dirty INTEGER CHECK (dirty IN (0, 1))",
    "author TEXT NOT NULL DEFAULT ''",
    "committed_at REAL",
    "commit_problem TEXT NOT NULL DEFAULT ''",
)

HISTORY = (
    *(f"ALTER TABLE runs ADD COLUMN {one}" for one in (*ACTOR, *REVISION, "rollback_to INTEGER")),
    *(f"ALTER TABLE events ADD COLUMN {one}" for one in (*ACTOR, "program TEXT NOT NULL DEFAULT ''", "run INTEGER")),
    "CREATE INDEX events_of_a_resource ON events (resource, id)",
    "CREATE INDEX events_by_time ON events (at)",
    """
    CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END
    """,
    """
    CREATE TRIGGER events_are_not_deleted BEFORE DELETE ON events
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END
    """,
    """
    CREATE TRIGGER events_are_not_replaced BEFORE INSERT ON events
    WHEN EXISTS (SELECT 1 FROM events WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END
    """,
    """
    CREATE TABLE hold (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        generation INTEGER NOT NULL REFERENCES generations (number),
        who TEXT NOT NULL,
        since REAL NOT NULL,
        spec TEXT NOT NULL,
        files TEXT NOT NULL
    ) STRICT
    """,
)
