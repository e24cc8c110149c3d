"""Who runs this program, and from where, as the system and the environment say it."""

import os
from collections.abc import Mapping

from reconciler.domain.actor import Actor
from reconciler.runtime.store_lock import user_name
from reconciler.version import VERSION

LONGEST = 200
"""Characters of a fact: who sets the environment may write anything into it."""


def actor(environ: Mapping[str, str] | None = None) -> Actor:
    """Whoever called, with the environment that came along: that of this process, unless given."""
    environ = os.environ if environ is None else environ
    return Actor(
        who=user_name(),
        user_id=os.geteuid(),
        sudo_user=_clean(environ.get("SUDO_USER") or environ.get("DOAS_USER", "")),
        host=_clean(os.uname().nodename),
        via=_clean(_via(environ)),
        program=VERSION,
    )


def _via(environ: Mapping[str, str]) -> str:
    """What tells most comes first: a job of CI may have a terminal, and a terminal may come by ssh."""
    if ci := _ci(environ):
        return ci
    terminal = _terminal()
    if client := environ.get("SSH_CONNECTION", "").split(" ")[0] or environ.get("SSH_CLIENT", "").split(" ")[0]:
        return f"ssh from {client}{f', {terminal}' if terminal else ''}"
    if terminal:
        return terminal
    return "systemd" if environ.get("INVOCATION_ID") else "no terminal"


def _ci(environ: Mapping[str, str]) -> str:
    if environ.get("GITHUB_ACTIONS"):
        facts = (environ.get("GITHUB_REPOSITORY"), _numbered("run", environ.get("GITHUB_RUN_ID")))
        return ", ".join(("GitHub Actions", *filter(None, facts)))
    if environ.get("GITLAB_CI"):
        facts = (environ.get("CI_PROJECT_PATH"), _numbered("job", environ.get("CI_JOB_ID")))
        return ", ".join(("GitLab CI", *filter(None, facts)))
    return "CI" if environ.get("CI", "").lower() in {"1", "true"} else ""


def _numbered(what: str, number: str | None) -> str:
    return f"{what} {number}" if number else ""


def _terminal() -> str:
    for descriptor in (0, 2, 1):
        try:
            return os.ttyname(descriptor)
        except OSError:
            continue
    return ""


def _clean(text: str) -> str:
    """Fit for a row of the store: a variable may hold bytes that are no text."""
    return "".join(one for one in text.encode(errors="replace").decode() if one.isprintable())[:LONGEST]
