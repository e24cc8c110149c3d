"""Section `server`: what belongs to every llama-server process and to no model."""

import re
from collections.abc import Mapping
from typing import Annotated

from reconciler.spec.base import Spec
from reconciler.spec.marks import Checked
from reconciler.spec.secret import SecretRef
from reconciler.spec.setting import json_text, setting, switch
from reconciler.spec.values import Items, JsonObject, Seconds


def _pool(value: str) -> str:
    match = re.fullmatch(r"([0-9]{1,5})-([0-9]{1,5})", value)
    if not (match and 1 <= int(match[1]) <= int(match[2]) <= 65535):  # noqa: PLR2004 - TCP
        msg = f"expected a range of ports such as `8100-8199`, got `{value}`"
        raise ValueError(msg)
    return value


API_KEY = "LLAMA_API_KEY"
"""The variable by which a server gets its key."""

SECRETS: Mapping[str, str] = {"api_key": API_KEY, "hf_token": "HF_TOKEN"}
"""Keys of secrets, each with the variable by which a server gets the value."""


def api_keys(secret: str) -> tuple[str, ...]:
    """Every key of a secret: a line each as `--api-key-file` has them, or joined by commas as `--api-key` has them."""
    lines = (line for line in secret.splitlines() if not line.startswith("#"))
    return tuple(key.strip() for line in lines for key in line.split(",") if key.strip())


class ServerSpec(Spec):
    """
    Settings of every process. In a file any setting of a model may stand here too, as the default of the whole fleet;
    the configuration merges those into the models, so that none is left here.
    """

    # fmt: off
    # One line a setting reads as a table; the formatter would break each into six.
    host: str = "127.0.0.1"
    """Address to listen on; `0.0.0.0` is every interface, a path that ends in `.sock` a unix socket."""

    ports: Annotated[str, Checked(_pool)] = "8100-8199"
    """Pool for dedicated models without a port of their own."""

    api_key: SecretRef | None = None
    """
    Key that requests must carry; goes to the server in `LLAMA_API_KEY`. Of several, a line each or joined by commas,
    any one is taken.
    """

    hf_token: SecretRef | None = None
    """Token for downloads from Hugging Face; goes to the server in `HF_TOKEN`."""

    threads_http: int | None = setting("--threads-http", ge=-1, default="-1", help="Threads that answer HTTP requests; -1 lets llama-server choose.")
    timeout: Seconds | None = setting("--timeout", ge=1, unit="s", default="3600", help="Time after which a silent connection is closed.")
    ssl_key_file: str | None = setting("--ssl-key-file", path=True, help="Private key for TLS, as PEM.")
    ssl_cert_file: str | None = setting("--ssl-cert-file", path=True, help="Certificate for TLS, as PEM.")
    ui: bool | None = setting(switch("--ui"), switch("--webui"), default="on", help="Whether the web page of llama-server is served.")
    api_prefix: str | None = setting("--api-prefix", help="Path under which everything is served.")
    static_path: str | None = setting("--path", path=True, help="Folder of a web page to serve in place of llama-server's own.")
    cors_origins: Items | None = setting("--cors-origins", min_length=1, default="*", help="Web pages that may use the server; `localhost` is those of this machine.")
    cors_methods: Items | None = setting("--cors-methods", min_length=1, default="GET, POST, DELETE, OPTIONS", help="HTTP methods that they may use.")
    cors_headers: Items | None = setting("--cors-headers", min_length=1, default="*", help="HTTP headers that they may send.")
    cors_credentials: bool | None = setting(switch("--cors-credentials"), default="on", help="Whether they may send cookies and keys.")
    ui_config: JsonObject | None = setting(json_text("--ui-config"), json_text("--webui-config"), help="Settings of the web page for who has none yet.")
    ui_config_file: str | None = setting("--ui-config-file", "--webui-config-file", path=True, help="File with such settings, as JSON.")
    ui_mcp_proxy: bool | None = setting(switch("--ui-mcp-proxy"), switch("--webui-mcp-proxy"), default="off", help="Whether the web page reaches MCP servers through this one; for trusted networks only.")
    tools: Items | None = setting("--tools", min_length=1, help="Built-in tools that a model may use on this host; `all` is every one. For trusted networks only.")
    tools_runtime: str | None = setting("--tools-runtime", help="Where those tools run, such as `podman:IMAGE` or `ssh:HOST`; on this host unless given.")
    mcp_servers_config: str | None = setting("--mcp-servers-config", path=True, help="JSON file of the MCP servers to offer; for trusted networks only.")
    agent: bool | None = setting(switch("--agent"), default="off", help="Whether all tools and the MCP proxy are on; for trusted networks only.")
    sse_ping_interval: Seconds | None = setting("--sse-ping-interval", ge=-1, unit="s", default="30", help="Time between two signs of life in a stream; -1 is none.")
    props: bool | None = setting(switch("--props"), default="off", help="Whether `POST /props` may change settings of a running server.")
    slots: bool | None = setting(switch("--slots"), default="on", help="Whether `GET /slots` says what is being worked on.")
    slot_save_path: str | None = setting("--slot-save-path", path=True, help="Folder in which requests may save the cache of a slot.")
    media_path: str | None = setting("--media-path", path=True, help="Folder whose files requests may name as `file://`.")
    verbosity: int | None = setting("--verbosity", ge=0, default="3", help="Most detail that is logged: 0 output, 1 errors, 2 warnings, 3 information, 4 more, 5 all.")
    log_prefix: bool | None = setting(switch("--log-prefix"), help="Whether lines of the log begin with their level.")
    log_timestamps: bool | None = setting(switch("--log-timestamps"), help="Whether lines of the log begin with their time.")
    log_prompts_dir: str | None = setting("--log-prompts-dir", path=True, help="Folder in which every prompt is written down; for debugging.")
    # fmt: on

    @property
    def pool(self) -> range:
        """The ports that the planner may give away."""
        first, last = self.ports.split("-")
        return range(int(first), int(last) + 1)

    def secrets(self) -> dict[str, SecretRef]:
        """The references by the environment variable that carries the value to a server."""
        named = ((variable, getattr(self, key)) for key, variable in SECRETS.items())
        return {variable: ref for variable, ref in named if ref is not None}
