"""
Flags that are no setting, each with the reason, as one says it of the flag: it …

Together with the settings they are every flag of the builds that are known here: a flag of a new build has to become
one or the other.
"""

from collections.abc import Mapping

_PRINTS = "prints something and ends"
_OURS = "is decided by reconcile for every server"
_PRESET = "downloads a model that it names itself; declare one with `hf`"

SECRET_FLAGS: Mapping[str, str] = {
    "--api-key": "server: { api_key: { env: NAME } }",
    "--api-key-file": "server: { api_key: { file: PATH } }",
    "--hf-token": "server: { hf_token: { env: NAME } }",
    "--mcp-servers-json": "server: { mcp_servers_config: FILE }",
}
"""Flags that would put a secret, or the way to one, past the references that we compare and hide; and what does not."""

EXCLUDED: Mapping[str, str] = {
    "--help": _PRINTS,
    "--version": _PRINTS,
    "--cache-list": _PRINTS,
    "--completion-bash": _PRINTS,
    "--list-devices": _PRINTS,
    "--host": "is `server.host` or `router.host`",
    "--port": "is `port` of the model or the router, or one of `server.ports`",
    "--alias": "is the name of the model and its `aliases`",
    "--model": "is `path` of the model",
    "--models-preset": "is written by reconcile from `models`",
    "--models-dir": "is not needed: the models of a router are those of `models`",
    "--metrics": _OURS,
    "--log-colors": _OURS,
    "--log-file": "would take the log away from `reconcile logs`",
    "--log-disable": "would hide why a server ended: reconcile reads the log",
    "--log-jsonl": "would hide why a server ended: reconcile reads the log as plain lines",
    "--verbose": "is `server.verbosity: 5`",
    "--reuse-port": "would let two servers share a port",
    **{flag: f"may show a secret to everybody on the host; write `{way}`" for flag, way in SECRET_FLAGS.items()},
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

HARMLESS = frozenset({"--verbose", "--spec-default", "--defrag-thold", "--control-vector-layer-range"})
"""Those that `extra_args` may carry all the same."""
