"""Who did it, and from where: what tells most is what is kept."""

import os

import pytest

from reconciler.runtime import actor as asked
from reconciler.runtime.actor import LONGEST, actor
from reconciler.version import VERSION


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the tests have one is not their matter."""
    monkeypatch.setattr(asked, "_terminal", lambda: "")


@pytest.mark.parametrize(
    ("environ", "via"),
    [
        ({}, "no terminal"),
        ({"INVOCATION_ID": "x"}, "systemd"),
        ({"SSH_CONNECTION": "10.0.0.5 50000 10.0.0.1 22"}, "ssh from 10.0.0.5"),
        ({"SSH_CLIENT": "10.0.0.6 50000 22"}, "ssh from 10.0.0.6"),
        (
            {"GITHUB_ACTIONS": "true", "CI": "true", "GITHUB_REPOSITORY": "ann/fleet", "GITHUB_RUN_ID": "7"},
            "GitHub Actions, ann/fleet, run 7",
        ),
        ({"GITLAB_CI": "true", "CI_PROJECT_PATH": "ann/fleet", "CI_JOB_ID": "8"}, "GitLab CI, ann/fleet, job 8"),
        ({"CI": "true", "SSH_CONNECTION": "10.0.0.5 1 2 3"}, "CI"),
        ({"CI": "false"}, "no terminal"),
    ],
)
def test_the_place_is_what_tells_most(environ: dict[str, str], via: str) -> None:
    assert actor(environ).via == via


def test_a_terminal_is_named_and_its_client_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked, "_terminal", lambda: "/dev/pts/3")

    assert actor({}).via == "/dev/pts/3"
    assert actor({"SSH_CLIENT": "10.0.0.6 1 2"}).via == "ssh from 10.0.0.6, /dev/pts/3"


def test_the_user_behind_sudo_is_known() -> None:
    found = actor({"SUDO_USER": "ann"})

    assert (found.sudo_user, found.user_id, found.program) == ("ann", os.geteuid(), VERSION)
    assert found.who
    assert found.host == os.uname().nodename
    assert actor({"DOAS_USER": "bob"}).sudo_user == "bob"


def test_what_an_environment_holds_is_kept_as_a_short_plain_text() -> None:
    assert actor({"SUDO_USER": "a\x1b[31m\n\udce4" + "x" * 999}).sudo_user == ("a[31m?" + "x" * 999)[:LONGEST]
