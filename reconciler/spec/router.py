"""Section `router`: the one llama-server in router mode."""

from reconciler.spec.base import Spec
from reconciler.spec.policy import HealthPolicy, RestartPolicy
from reconciler.spec.setting import setting, switch
from reconciler.spec.values import Port


class RouterSpec(Spec):
    """One process that loads and serves several models under one port."""

    # fmt: off
    # One line a setting reads as a table; the formatter would break each into six.
    enabled: bool = True
    """`false` declares that there is no router."""

    host: str | None = None
    """Address to listen on; that of `server` unless given."""

    port: Port = 8080
    """Port of the router."""

    models_max: int | None = setting("--models-max", ge=0, default="4", help="Most models that are loaded at the same time; 0 is no limit.")
    autoload: bool | None = setting(switch("--models-autoload"), default="on", help="Whether a request loads a model that is not loaded.")

    health: HealthPolicy = HealthPolicy()
    """How long the router itself may take."""

    restart: RestartPolicy = RestartPolicy()
    """What happens when the router ends by itself."""
    # fmt: on
