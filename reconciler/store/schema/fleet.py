"""
What belongs to no model: the server section, the router, the processes, logging; and endpoints, secrets and logs.

`model_server_config` outlives every model: the line that is `current` is what the last run declared, and each process
refers to the one that it was started with. What is `LATER` takes the pages that the move of the documents leaves free.
"""

FLEET = (
    """
    CREATE TABLE model_server_config (
        id INTEGER PRIMARY KEY,
        current INTEGER NOT NULL DEFAULT 0 CHECK (current IN (0, 1)),
        host TEXT,
        ports TEXT,
        api_key_env TEXT,
        api_key_file TEXT,
        hf_token_env TEXT,
        hf_token_file TEXT,
        threads_http INTEGER CHECK (threads_http >= -1),
        timeout INTEGER CHECK (timeout >= 1),
        ssl_key_file TEXT,
        ssl_cert_file TEXT,
        ui INTEGER CHECK (ui IN (0, 1)),
        api_prefix TEXT,
        static_path TEXT,
        cors_origins TEXT CHECK (cors_origins IS NULL OR json_valid(cors_origins)),
        cors_methods TEXT CHECK (cors_methods IS NULL OR json_valid(cors_methods)),
        cors_headers TEXT CHECK (cors_headers IS NULL OR json_valid(cors_headers)),
        cors_credentials INTEGER CHECK (cors_credentials IN (0, 1)),
        ui_config TEXT CHECK (ui_config IS NULL OR json_valid(ui_config)),
        ui_config_file TEXT,
        ui_mcp_proxy INTEGER CHECK (ui_mcp_proxy IN (0, 1)),
        tools TEXT CHECK (tools IS NULL OR json_valid(tools)),
        tools_runtime TEXT,
        mcp_servers_config TEXT,
        agent INTEGER CHECK (agent IN (0, 1)),
        sse_ping_interval INTEGER CHECK (sse_ping_interval >= -1),
        props INTEGER CHECK (props IN (0, 1)),
        slots INTEGER CHECK (slots IN (0, 1)),
        slot_save_path TEXT,
        media_path TEXT,
        verbosity INTEGER CHECK (verbosity >= 0),
        log_prefix INTEGER CHECK (log_prefix IN (0, 1)),
        log_timestamps INTEGER CHECK (log_timestamps IN (0, 1)),
        log_prompts_dir TEXT,
        other TEXT
    ) STRICT
    """,
    "CREATE UNIQUE INDEX one_current_server_config ON model_server_config (current) WHERE current = 1",
    """
    CREATE TABLE router_config (
        uid TEXT PRIMARY KEY REFERENCES resources (uid) ON DELETE CASCADE,
        enabled INTEGER CHECK (enabled IN (0, 1)),
        host TEXT,
        port INTEGER CHECK (port >= 1 AND port <= 65535),
        models_max INTEGER CHECK (models_max >= 0),
        autoload INTEGER CHECK (autoload IN (0, 1)),
        health_startup_timeout REAL CHECK (health_startup_timeout >= 0),
        health_startup_limit REAL CHECK (health_startup_limit >= 0),
        health_min_healthy REAL CHECK (health_min_healthy >= 0),
        health_drain_timeout REAL CHECK (health_drain_timeout >= 0),
        health_stop_grace REAL CHECK (health_stop_grace >= 0),
        restart_policy TEXT CHECK (restart_policy IN ('always', 'never', 'on-failure')),
        restart_max_attempts INTEGER,
        restart_window REAL CHECK (restart_window >= 0),
        spec_version INTEGER NOT NULL,
        other TEXT
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE processes (
        uid TEXT PRIMARY KEY REFERENCES resources (uid) ON DELETE CASCADE,
        server_config INTEGER REFERENCES model_server_config (id),
        environment TEXT CHECK (environment IS NULL OR json_valid(environment)),
        secrets TEXT CHECK (secrets IS NULL OR json_valid(secrets)),
        llama_server_path TEXT,
        llama_server_size INTEGER,
        llama_server_version TEXT
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE logging_config (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        level TEXT CHECK (level IN ('debug', 'error', 'info', 'warning')),
        file_max_size INTEGER CHECK (file_max_size >= 0),
        file_max_files INTEGER CHECK (file_max_files >= 0),
        console INTEGER CHECK (console IN (0, 1)),
        database INTEGER CHECK (database IN (0, 1)),
        other TEXT
    ) STRICT
    """,
)

LATER = (
    """
    CREATE TABLE endpoints (
        name TEXT PRIMARY KEY CHECK (name <> ''),
        type TEXT NOT NULL CHECK (type IN ('custom', 'llama-server', 'ollama', 'openai-compatible')),
        base_url TEXT NOT NULL,
        health_interval REAL CHECK (health_interval > 0)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE secrets (
        name TEXT PRIMARY KEY CHECK (name <> ''),
        ciphertext BLOB NOT NULL,
        nonce BLOB NOT NULL,
        key_id TEXT NOT NULL,
        created_at REAL NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE logs (
        id INTEGER PRIMARY KEY,
        at REAL NOT NULL,
        level TEXT NOT NULL CHECK (level IN ('debug', 'error', 'info', 'warning')),
        resource TEXT NOT NULL DEFAULT '',
        message TEXT NOT NULL,
        node TEXT NOT NULL DEFAULT 'local'
    ) STRICT
    """,
)
