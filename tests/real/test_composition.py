"""Files, profiles and variables as a user runs them: what they change reaches llama-server, and nothing else does."""

from tests.support.sandbox import Sandbox, get_json


def test_a_profile_and_a_variable_restart_what_they_change_and_nothing_else(sandbox: Sandbox) -> None:
    sandbox.dedicated("kept", "changed")
    sandbox.document |= {
        "include": ["more/*.yaml"],
        "variables": {"parallel": 1},
        "profiles": {"prod": {"models": {"changed": {"memory": {"ctx_size": 512}}, "gone": None}}},
    }
    more = sandbox.directory / "more/gone.yaml"
    more.parent.mkdir()
    more.write_text(f"models:\n  gone:\n    path: {sandbox.gguf}\n    serve: dedicated\n    parallel: ${{parallel}}\n")
    sandbox.apply()
    before = sandbox.pids()

    sandbox.apply("--profile", "prod", "--var", "parallel=2")

    after = sandbox.pids()
    assert sorted(after) == ["changed", "kept"]
    assert after["kept"] == before["kept"]
    assert after["changed"] != before["changed"]
    port = sandbox.status()["changed"]["port"]
    assert get_json(port, "/props")["default_generation_settings"]["n_ctx"] == 512
    assert sandbox.actions() == {"model/changed": "restart", "model/gone": "start"}
