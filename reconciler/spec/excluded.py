"""
Flags that are no setting, each with the reason.

Together with the settings they are every flag of the builds that are known here: a flag of a new build has to become
one or the other.
"""

from collections.abc import Mapping

_PRINTS = "prints something and ends"
_OURS = "decided by reconcile for every server"
_REFERENCE = "secrets are references: "
_PRESET = "downloads a model that it names itself; declare one with `hf`"

EXCLUDED: Mapping[str, str] = {
    "--help": _PRINTS,
    "--version": _PRINTS,
    "--cache-list": _PRINTS,
    "--completion-bash": _PRINTS,
    "--list-devices": _PRINTS,
    "--host": "`server.host` or `router.host`",
    "--port": "`port` of the model or the router, or one of `server.ports`",
    "--alias": "the name of the model and its `aliases`",
    "--model": "`path` of the model",
    "--models-preset": "written by reconcile from `models`",
    "--models-dir": "the models of a router are those of `models`",
    "--metrics": _OURS,
    "--log-colors": _OURS,
    "--log-file": "logs lie in the store: `reconcile logs`",
    "--log-disable": "reconcile reads the log to say why a server ended",
    "--log-jsonl": "reconcile reads the log as plain lines to say why a server ended",
    "--verbose": "`server.verbosity: 5`",
    "--reuse-port": "two servers must never share a port",
    "--api-key": _REFERENCE + "`server.api_key`",
    "--api-key-file": _REFERENCE + "`server.api_key: { file: PATH }`",
    "--hf-token": _REFERENCE + "`server.hf_token`",
    "--mcp-servers-json": "may hold secrets, and a command line can be read by everybody: `server.mcp_servers_config`",
    "--spec-default": "stands for other settings; write them into `speculative`",
    "--defrag-thold": "has no effect any more",
    "--control-vector-layer-range": "takes two values, which no section of a router can hold",
    "--embd-gemma-default": _PRESET,
    "--fim-qwen-1.5b-default": _PRESET,
    "--fim-qwen-3b-default": _PRESET,
    "--fim-qwen-7b-default": _PRESET,
    "--fim-qwen-7b-spec": _PRESET,
    "--fim-qwen-14b-spec": _PRESET,
    "--fim-qwen-30b-default": _PRESET,
    "--gpt-oss-20b-default": _PRESET,
    "--gpt-oss-120b-default": _PRESET,
    "--vision-gemma-4b-default": _PRESET,
    "--vision-gemma-12b-default": _PRESET,
}
"""By the newest long flag."""
