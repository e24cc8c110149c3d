"""Section `server`: what belongs to every llama-server process and to no model."""

from typing import Annotated

from pydantic import AfterValidator

from reconciler.spec.base import Spec
from reconciler.spec.secret import SecretRef
from reconciler.spec.setting import setting, switch


def _pool(value: str) -> str:
    first, dash, last = value.partition("-")
    if not (dash and first.isdigit() and last.isdigit() and 1 <= int(first) <= int(last) <= 65535):  # noqa: PLR2004 - TCP
        msg = f"expected a range of ports such as `8100-8199`, got `{value}`"
        raise ValueError(msg)
    return value


API_KEY = "LLAMA_API_KEY"
"""The variable by which a server gets its key."""


class ServerSpec(Spec):
    """
    Settings of every process. In a file any setting of a model may stand here too, as the default of the whole fleet;
    the configuration merges those into the models, so that none is left here.
    """

    # fmt: off
    # One line a setting reads as a table; the formatter would break each into six.
    host: str = "127.0.0.1"
    """Address to listen on; `0.0.0.0` is every interface, a path that ends in `.sock` a unix socket."""

    ports: Annotated[str, AfterValidator(_pool)] = "8100-8199"
    """Pool for dedicated models without a port of their own."""

    api_key: SecretRef | None = None
    """Key that requests must carry; goes to the server in `LLAMA_API_KEY`."""

    hf_token: SecretRef | None = None
    """Token for downloads from Hugging Face; goes to the server in `HF_TOKEN`."""

    threads_http: int | None = setting("--threads-http", ge=-1, default="-1", help="Threads that answer HTTP requests; -1 lets llama-server choose.")
    timeout: int | None = setting("--timeout", ge=1, unit="s", default="3600", help="Time after which a silent connection is closed.")
    ssl_key_file: str | None = setting("--ssl-key-file", path_to_file=True, help="Private key for TLS, as PEM.")
    ssl_cert_file: str | None = setting("--ssl-cert-file", path_to_file=True, help="Certificate for TLS, as PEM.")
    ui: bool | None = setting(switch("--ui"), switch("--webui"), default="on", help="Whether the web page of llama-server is served.")
    api_prefix: str | None = setting("--api-prefix", help="Path under which everything is served.")
    # fmt: on

    @property
    def pool(self) -> range:
        """The ports that the planner may give away."""
        first, last = self.ports.split("-")
        return range(int(first), int(last) + 1)

    def secrets(self) -> dict[str, SecretRef]:
        """The references by the environment variable that carries the value to a server."""
        named = {API_KEY: self.api_key, "HF_TOKEN": self.hf_token}
        return {name: ref for name, ref in named.items() if ref is not None}
