"""A protected model that left the files goes on, whatever happens around it."""

import os
import signal

from tests.support.sandbox import Sandbox, wait_until


def test_a_protected_model_of_the_router_comes_back_with_a_restarted_router(sandbox: Sandbox) -> None:
    sandbox.routed("kept", protect=True)
    sandbox.routed("other")
    sandbox.apply()
    del sandbox.document["models"]["kept"]
    sandbox.document["router"]["models_max"] = 4

    sandbox.apply(exits=8)

    assert sandbox.router_models() == {"kept": "loaded", "other": "loaded"}
    os.kill(sandbox.pids()["router"], signal.SIGKILL)
    wait_until(lambda: not sandbox.processes())
    sandbox.apply(exits=8)
    assert sandbox.router_models() == {"kept": "loaded", "other": "loaded"}
    assert sandbox.status()["kept"]["ready"]
