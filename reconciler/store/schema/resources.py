"""The lines of slots without the documents, which wait beside them to be moved into columns of their own."""

RESOURCES = (
    """
    CREATE TABLE moving AS
    SELECT uid, iif(resource LIKE 'model/%', substr(resource, 7), resource) AS name, serve, spec_version,
        applied AS document
    FROM resources WHERE applied IS NOT NULL
    """,
    """
    CREATE TABLE resources_new (
        uid TEXT PRIMARY KEY CHECK (uid <> ''),
        resource TEXT NOT NULL UNIQUE,
        desired_running INTEGER NOT NULL CHECK (desired_running IN (0, 1)),
        port INTEGER UNIQUE CHECK (port BETWEEN 1 AND 65535),
        protected INTEGER NOT NULL CHECK (protected IN (0, 1)),
        restarts INTEGER NOT NULL,
        load_seconds TEXT NOT NULL CHECK (json_valid(load_seconds)),
        failure_digest TEXT,
        failure_message TEXT,
        failure_at REAL,
        CHECK ((failure_at IS NULL) = (failure_digest IS NULL) AND (failure_at IS NULL) = (failure_message IS NULL))
    ) STRICT, WITHOUT ROWID
    """,
    """
    INSERT INTO resources_new SELECT uid, resource, desired_running, port, protected, restarts, load_seconds,
        failure_digest, failure_message, failure_at
    FROM resources
    """,
    "DROP TABLE resources",
    "ALTER TABLE resources_new RENAME TO resources",
)
