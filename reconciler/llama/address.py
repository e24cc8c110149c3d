"""Where a server that listens on some host is reached from this machine."""

_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - read here, never bound


def reachable(host: str) -> str:
    """The address to connect to; a wildcard becomes loopback, a unix socket stays its path."""
    return _ANYWHERE.get(host, host)


def is_socket(host: str) -> bool:
    """Whether llama-server makes a unix socket of this `--host` and listens on no port."""
    return host.endswith(".sock")


def url(host: str, port: int, *, tls: bool = False) -> str:
    """The base URL for people and clients on this machine."""
    if is_socket(host):
        return f"unix:{host}"
    address = reachable(host)
    shown = f"[{address}]" if ":" in address else address
    return f"{'https' if tls else 'http'}://{shown}:{port}"
