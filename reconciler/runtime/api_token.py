"""The keys of our own servers: all of them for a server, the first one to ask it with."""

from reconciler.errors import RuntimeFailure
from reconciler.runtime.ports import ProcessHandle
from reconciler.runtime.world import Secrets
from reconciler.spec.server import API_KEY, ServerSpec, api_keys


def secret_of(variable: str, reference: str, secrets: Secrets) -> str:
    """
    What a server gets in a variable, read at this moment; keys as llama-server takes them, joined by commas.

    Raises:
        RuntimeFailure: the secret is missing, or there is no key in it.
    """
    value = secrets.value(reference)
    if variable != API_KEY:
        return value
    if not (keys := api_keys(value)):
        raise RuntimeFailure(f"the secret `{reference}` has no key in it", hint="write one key a line")
    return ",".join(keys)


def fingerprint_of(variable: str, reference: str, secrets: Secrets) -> str | None:
    """An HMAC of what a server would get; none where it would get nothing, so that nothing is stopped for it."""
    found = secrets.fingerprint(reference)
    keyless = found and variable == API_KEY and not api_keys(secrets.value(reference))
    return None if keyless else found


def api_token(secrets: Secrets, server: ServerSpec) -> str | None:
    """The first API key, read at this moment; none while the secret is missing, which the plan reports."""
    key = server.api_key
    if key is None or secrets.fingerprint(key.reference) is None:
        return None
    return next(iter(api_keys(secrets.value(key.reference))), None)


def started_key(handle: ProcessHandle) -> str | None:
    """
    The first key that a living server was started with, by which it goes on to be asked until it is restarted.

    A rotated one is the reason for many a restart, and who may not ask cannot wait for requests to end.
    """
    return next(iter(api_keys(handle.variable(API_KEY) or "")), None)
