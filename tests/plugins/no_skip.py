"""A pytest plugin for CI, where all that a test may need is installed: a skipped test fails the session.

Loaded with `-p tests.plugins.no_skip` by `make test` when RECONCILE_TESTS_NO_SKIP is set. A test that is
expected to fail (xfail) is not skipped.
"""

import pytest

_skipped = pytest.StashKey[dict[str, str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_skipped] = {}
    config.pluginmanager.register(_Listener(config.stash[_skipped]))


class _Listener:
    """Reports carry no config, so the listener brings its own list."""

    def __init__(self, skipped: dict[str, str]) -> None:
        self.skipped = skipped

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            self.skipped[report.nodeid] = _reason(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.skipped[report.nodeid] = _reason(report)


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    return str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.config.stash[_skipped] and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.stash[_skipped]:
        terminalreporter.section("skipped, which is not allowed here", red=True)
        for test, reason in sorted(config.stash[_skipped].items()):
            terminalreporter.line(f"{test}: {reason}")
