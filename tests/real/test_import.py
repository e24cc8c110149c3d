"""From the database of a dashboard to servers that answer."""

import json
import urllib.error

import pytest

from tests.support.command import Ended, reconcile
from tests.support.legacy_build import add, built
from tests.support.sandbox import Completion, Sandbox, free_port, get_json

KEY = "sk-planted-0123456789"


def test_the_imported_fleet_is_applied_and_serves_what_the_dashboard_had(sandbox: Sandbox) -> None:
    router, own = free_port(), free_port()
    path = built(sandbox.directory / "llama-dashboard.db", "V1", "J9", "M004")
    add(path, "models", id=1, name="on request", model_path=str(sandbox.gguf), temperature=0.25, api_key=KEY)
    add(path, "models", id=2, name="alone", model_path=str(sandbox.gguf), port=own, api_key=KEY, status="running")
    add(path, "models", id=3, name="nowhere")
    config = {"host": "127.0.0.1", "port": router, "ctxSize": 256, "threads": 1, "maxModelsLoaded": 2}
    add(path, "router_config", key="config", value=json.dumps(config))

    done = _run(sandbox, "import", "legacy", str(path), "-o", str(sandbox.config), "--plan", "--format", "json")
    report = json.loads(done.out)
    assert done.code == 0, done.err
    assert report["plan"]["diagnostics"] == []
    assert {one["resource"]: one["action"] for one in report["plan"]["changes"]}.keys() == {
        "router", "model/on request", "model/alone", "model/nowhere"
    }  # fmt: skip
    applied = _run(sandbox, "apply", "-y", "-c", str(sandbox.config), "--llama-server", str(sandbox.llama_server))
    assert applied.code == 0, applied.out + applied.err

    with pytest.raises(urllib.error.HTTPError):
        get_json(router, "/models/on request".replace(" ", "%20"), token="wrong")
    models = {one["id"]: one["status"]["value"] for one in get_json(router, "/models", token=KEY)["data"]}
    assert models == {"on request": "unloaded"}
    request = Completion(router, tokens=8, model="on request", token=KEY)
    request.join(30)
    assert (request.error, request.tokens) == ("", 8)
    props = get_json(own, "/props", token=KEY)
    assert props["default_generation_settings"]["n_ctx"] == 256
    again = _run(
        sandbox, "plan", "-c", str(sandbox.config), "--llama-server", str(sandbox.llama_server), "--format", "json"
    )
    assert {one["action"] for one in json.loads(again.out)["changes"]} == {"keep"}


def _run(sandbox: Sandbox, *words: str) -> Ended:
    return reconcile(*words, "--store", str(sandbox.store), cwd=None, **sandbox.environment)
