"""A secret that somebody wrote into a file by mistake comes out nowhere, whatever else is wrong with the file."""

from pathlib import Path

import pytest

from reconciler.cli.main import main
from tests.unit.cli.conftest import CATALOGUE

CANARY = "PLANTED"
HEAD = "version: 1\nfleet: f\nrouter: {port: 29001}\n"
MODEL = HEAD + "models:\n  a:\n    path: /a.gguf\n    serve: dedicated\n    port: 29002\n"
FILES = {
    "flags as a text": MODEL + "    extra_args: '--api-key sk-PLANTED --hf-token hf_PLANTED'\n",
    "flags as a list": MODEL + "    extra_args: [--api-key, sk-PLANTED]\n",
    "flags as lines": MODEL + "    extra_args:\n    - --api-key sk-PLANTED\n    - --hf-token\n    - hf_PLANTED\n",
    "short flags": MODEL + "    extra_args: -hft hf_PLANTED\n",
    "flags with values": MODEL + "    extra_args: {--api-key: PLANTED, -hft: [hf_PLANTED], --my-token: PLANTED}\n",
    "flag of another type": MODEL + "    extra_args: {--api-key: {sk-PLANTED: 1}}\n",
    "unknown key": HEAD + "server: {token: sk-PLANTED}\n",
    "key": HEAD + "server: {key: sk-PLANTED}\n",
    "key with a mapping": HEAD + "server: {api_key_file: {env: sk-PLANTED}}\n",
    "written out": HEAD + "server: {api_key: sk-PLANTED}\n",
    "tag": HEAD + "server:\n  api_key: !!int\n    sk-PLANTED\n",
    "tag on the same line": HEAD + "server: {hf_token: !!int sk-PLANTED}\n",
    "half a character": HEAD + 'server:\n  api_key:\n    env: "\\ud800sk-PLANTED"\n',
    "half a character in a flow": HEAD + 'server: {api_key: {\n    env: "\\ud800sk-PLANTED"}}\n',
    "variable": HEAD + "server:\n  api_key:\n    env: ${sk-PLANTED}\n",
    "variable with a blank": HEAD + "server:\n  api_key: ${sk-PLANTED x}\n",
    "environment variable": HEAD + "server:\n  api_key:\n    env: ${env:sk-PLANTED}\n",
    "declared": HEAD + "variables:\n  db_password: ${sk-PLANTED}\n",
    "anchor": HEAD + "x-k: &k\n  sk-PLANTED: 1\nserver: {api_key: *k}\n",
    "twice": HEAD + "server:\n  api_key:\n    sk-PLANTED: 1\n    sk-PLANTED: 2\n",
    "key of an unused profile": HEAD + "profiles: {p: {server: {api_key: {sk-PLANTED: 1}}}}\n",
    "name": HEAD + 'server: {api_key: {env: "sk-PLANTED x"}}\n',
    "name with a hyphen": HEAD + "server: {api_key: {env: sk-PLANTED}}\n",
    "name in another file format": HEAD + "server: {api_key: {env: {sk-PLANTED: 1}}}\n",
    "token as a name": HEAD + "server: {hf_token: {env: hf_PLANTEDabcdefghijklmnop}}\n",
    "environment": MODEL + "    env: {LLAMA_API_KEY: sk-PLANTED}\n",
    "environment of downloads": MODEL + "    env: {HF_TOKEN: hf_PLANTED}\n",
    "environment of defaults": MODEL + "defaults: {env: {MY_PASSWORD: PLANTED}}\n",
    "address in the environment": MODEL + "    env: {PROXY: 'http://u:PLANTED@h/'}\n",
    "environment with a number": MODEL + "    env:\n      MY_PASSWORD: 5\n      DB_PASS: [PLANTED]\n",
    "environment beside a mistake": MODEL + "    env: {MY_PASSWORD: sk-PLANTED}\n    pth: 1\n",
    "environment of a profile": MODEL + "profiles: {p: {models: {a: {env: {MY_PASSWORD: PLANTED}}}}}\n",
    "several lines": HEAD + 'server:\n  api_key: "sk-\n    PLANTED"\n',
    "block": HEAD + "server:\n  api_key: |\n\n    sk-PLANTED\n   x\n",
    "not closed": HEAD + "server:\n  api_key: {env: 'sk-PLANTED\n",
    "a text in place of the section": HEAD + "server: 'api_key: sk-PLANTED'\n",
    "an address": MODEL + "    nope: x\n    chat_template: [https://u:PLANTED@h/]\n",
    "broken address": MODEL + "    url: 'http://h/m.gguf?a=1&token=PLANTED'\n",
}  # fmt: skip
COMMANDS = (
    ("validate",),
    ("validate", "--format", "json"),
    ("validate", "--format", "github"),
    ("config",),
    ("config", "--format", "json"),
    ("config", "--origin"),
    ("plan", "--offline", "--store", "state"),
    ("fmt", "--fix", "--check"),
)


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in FILES.items()])
def test_a_planted_secret_is_in_no_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    (tmp_path / "fleet.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    said = ""
    for command in COMMANDS:
        build = () if command[0] in {"config", "fmt"} else ("--llama-server", str(CATALOGUE))
        assert main([*command, *build]) in {0, 1, 2, 3}
        said += "".join(capsys.readouterr())

    assert CANARY not in said
