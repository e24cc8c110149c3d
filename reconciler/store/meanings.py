"""What tables and columns mean that are no settings; settings explain themselves."""

from collections.abc import Mapping

TABLES: Mapping[str, str] = {
    "metadata": "Facts of the store as a whole.",
    "migrations": "The migrations that it has had, with the SHA-256 of their statements.",
    "resources": "Slots: models and the router, applied or about to be.",
    "models": "Models as they were last applied; a setting that is NULL was not written and is llama-server's default.",
    "model_sampling_config": "Section `sampling` of a model; a row only where it says something.",
    "model_memory_config": "Section `memory`.",
    "model_gpu_config": "Section `gpu`.",
    "model_advanced_config": "Section `advanced`.",
    "model_lora_config": "Section `lora`.",
    "model_multimodal_config": "Section `multimodal`.",
    "model_speculative_config": "Section `speculative`.",
    "model_files": "The files that a model was made from, as they were then.",
    "model_server_config": "Section `server`: what the last run declared, and what each process was started with. "
    "It belongs to no model and stays when all are gone.",
    "router_config": "The router as it was last applied.",
    "processes": "What only a process of its own has: a dedicated model, or the router.",
    "logging_config": "Section `logging`, as the last run declared it; one row.",
    "instances": "Processes that were started or adopted; at most one of a slot lives.",
    "conditions": "Facts of status, in the form of Kubernetes.",
    "runs": "Executions of `apply` and the like; the last 1,000.",
    "steps": "The journal: a row before each act, its outcome after.",
    "generations": "Applied fleet specs, numbered; the last ones, as many as `history.generations` says.",
    "hold": "The generation that is held although the files may say something else; one row, or none.",
    "events": "The audit. Rows are only ever added: triggers refuse to change, replace or delete one.",
    "logs": "Messages of the program; the last 10,000.",
    "secrets": "Secrets, encrypted; the key is elsewhere.",
    "endpoints": "Servers that somebody else runs.",
}

EVERYWHERE: Mapping[str, str] = {
    "uid": "The slot; outlives a change of name.",
    "node": "The machine; `local`.",
    "spec_version": "Form of what was written; older ones are read as today's.",
    "other": "JSON: what no column can hold, such as a setting of a newer program. The spec is both together.",
    "resource": "`model/NAME`, `router`, …; empty where it concerns the fleet.",
    "at": "When.",
    "message": "A sentence for people.",
    "program": "Name and version of this program.",
    "build": "Version of llama-server.",
    "origin": "Where the configuration came from.",
    "who": "The user on whose behalf it was done.",
    "user_id": "The number of that user.",
    "sudo_user": "Whoever became that user by `sudo`.",
    "host": "The name of the machine.",
    "via": "From where: a terminal, ssh, CI, a service.",
    "plan": "JSON: the plan, as `plan --format json` shows it.",
    "spec": "JSON: the whole fleet spec.",
    "result": "How it ended.",
    "started_at": "When it began.",
    "finished_at": "When it ended; NULL means that it was cut off, or still goes on.",
    "run": "The run that it belongs to.",
    "instance": "The mark that the process carries.",
}

COLUMNS: Mapping[str, Mapping[str, str]] = {
    "metadata": {
        "key": "`lineage` (identity of the store, and the mark of its children), `serial` (rises with every write that "
        "a saved plan depends on), `fleet`, `origin`, `created_at`, `max_stop` (of the fleet that was "
        "applied last), and what an import added.",
        "value": "As text.",
    },
    "migrations": {
        "number": "Its place.",
        "name": "What it is called.",
        "checksum": "SHA-256 of its statements.",
        "applied_at": "When.",
    },
    "resources": {
        "desired_running": "Whether the last word was to run it.",
        "port": "Belongs to the slot until it is forgotten.",
        "protected": "Never stopped by prune, rename or rollback.",
        "restarts": "How often the daemon has started it again.",
        "load_seconds": "JSON: its last loads, newest last.",
        "failure_digest": "Of the change that did not become ready.",
        "failure_message": "Why it did not.",
        "failure_at": "When.",
    },
    "models": {
        "name": "As it was last applied.",
        "serve": "Child of the router, or a process and port of its own.",
        "path": "The GGUF file.",
        "load": "Whether the router loads it at once or for the first request; NULL is `always`.",
        "aliases": "JSON: other names under which it is served.",
        "port": "That its process was started with.",
        "enabled": "0 is declared and kept stopped; NULL is 1.",
        "protect": "As declared; NULL is 0.",
        "extra_args": "JSON: flags that have no setting.",
        "env": "JSON: environment of its process.",
        "moved_from": "The name that it had before.",
        "download": "The file that an address became.",
    },
    "model_files": {
        "path": "Where it lies.",
        "size": "In bytes.",
        "mtime_ns": "Time of change, in nanoseconds.",
        "architecture": "As its header names it; NULL where that was not looked into.",
    },
    "model_server_config": {
        "id": "Its number.",
        "current": "1 for what the last run declared.",
        "host": "Address to listen on.",
        "ports": "Pool for dedicated models.",
        **{f"{key}_env": "The variable that holds the secret." for key in ("api_key", "hf_token")},
        **{f"{key}_file": "The file that holds the secret." for key in ("api_key", "hf_token")},
    },
    "router_config": {
        "enabled": "0 declares that there is none.",
        "host": "Address to listen on; NULL is that of `server`.",
        "port": "Port of the router.",
    },
    "processes": {
        "server_config": "The server section that it was started with.",
        "environment": "JSON: what it got from the caller's environment.",
        "secrets": "JSON: HMACs of its secrets, by variable.",
        "llama_server_path": "The program.",
        "llama_server_size": "Bytes of it.",
        "llama_server_version": "What `--version` said.",
    },
    "logging_config": {
        "id": "1.",
        "level": "Least important message that is logged.",
        "file_max_size": "Bytes from which on a file is moved aside before its server is started.",
        "file_max_files": "Files of earlier starts that are kept.",
        "console": "Whether messages go to stderr.",
        "database": "Whether messages go to `logs`.",
    },
    "instances": {
        "instance": "The mark that it carries; invented for adopted ones.",
        "boot_id": "Of the kernel that it lives on.",
        "pid": "Its number.",
        "start_ticks": "When it began, in ticks since the boot.",
        "pidfd_inode": "Told apart by the kernel (6.9 and later); decimal, since it may exceed 2^63.",
        "exe_device": "Device of its program; decimal.",
        "exe_inode": "Inode of its program; decimal.",
        "port": "On which it listens.",
        "adopted": "Whether it was taken over.",
        "argv": "JSON: command line of an adopted one, by which it is known.",
        "log": "Its log file.",
        "ended_at": "When it was found to be gone; NULL while it lives.",
    },
    "conditions": {
        "type": "`Ready`, `Progressing`, `Degraded`, `InSync`, `CrashLoop` or `Held`.",
        "status": "Whether it is so.",
        "reason": "One word for why.",
        "last_transition": "When `status` last changed.",
        "observed_generation": "The generation that it speaks of.",
    },
    "runs": {
        "id": "Its number.",
        "operation": "`apply`, `rollback`, `adopt`, `destroy` …",
        "commit_id": "The commit that the files were of; empty when they were in no repository.",
        "branch": "The branch that was checked out; empty when none was.",
        "dirty": "Whether the files said something else than the commit.",
        "author": "Of the commit.",
        "committed_at": "When.",
        "commit_problem": "Why git did not say the commit.",
        "rollback_to": "The generation that a rollback went back to.",
    },
    "steps": {
        "id": "Its number.",
        "action": "What was to be done.",
        "serve": "How what it applies is served.",
        "applied": "JSON: what it is about to apply; NULL once it has an outcome.",
    },
    "generations": {"number": "Rises with every run that changed something.", "created_at": "When its run ended."},
    "events": {
        "id": "Its number; none is ever missing.",
        "run": "The run that it belongs to, while that is kept; NULL for what is no run.",
        "what": "The operation.",
        "detail": "More about it.",
    },
    "hold": {
        "id": "1.",
        "generation": "The one that is held.",
        "who": "Who asked for it.",
        "since": "When.",
        "spec": "Digest of the spec that is held.",
        "files": "Digest of what the files declared then; empty when they could not be read.",
    },
    "logs": {"id": "Its number.", "level": "How important it is."},
    "secrets": {
        "name": "As configurations refer to it.",
        "ciphertext": "The encrypted value.",
        "nonce": "What it was encrypted with, besides the key.",
        "key_id": "Which key that was.",
        "created_at": "When.",
    },
    "endpoints": {
        "name": "As configurations name it.",
        "type": "What answers there, such as `ollama`.",
        "base_url": "Its address.",
        "health_interval": "Seconds between two looks.",
    },
}

POLICIES: Mapping[str, str] = {
    "health_startup_timeout": "Longest time without progress until it is ready.",
    "health_startup_limit": "Longest time until it is ready.",
    "health_min_healthy": "How long it must stay healthy to count as ready.",
    "health_drain_timeout": "Longest wait for running requests before it is stopped.",
    "health_stop_grace": "Time from SIGTERM to SIGKILL.",
    "restart_policy": "When it is started again.",
    "restart_max_attempts": "Starts within the window after which it is given up.",
    "restart_window": "The time over which attempts are counted.",
}
"""Of models and the router, in seconds where they are times; NULL is the default."""


def meaning(table: str, column: str) -> str:
    """What a column means that is no setting of llama-server; empty when it is one."""
    for known in (COLUMNS.get(table, {}), EVERYWHERE, POLICIES):
        if column in known:
            return known[column]
    return ""
