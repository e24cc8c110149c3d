"""The key to ask our own servers with."""

from reconciler.runtime.world import Secrets
from reconciler.spec.server import ServerSpec


def api_token(secrets: Secrets, server: ServerSpec) -> str | None:
    """The API key, read at this moment; none while the secret is missing, which the plan reports."""
    key = server.api_key
    if key is None or secrets.fingerprint(key.reference) is None:
        return None
    return secrets.value(key.reference)
