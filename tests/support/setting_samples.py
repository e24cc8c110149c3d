"""Values to try for every setting: from its type, its enum and its range; a text needs one that means something."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from reconciler.spec.model import ModelSpec
from reconciler.spec.registry import Setting
from reconciler.spec.router import RouterSpec
from reconciler.spec.server import ServerSpec
from reconciler.spec.validating import json_schema

NOBODY = "http://127.0.0.1:9"
"""An address where nothing can be downloaded from."""

SPECIAL: dict[str, list[Any]] = {
    "advanced.cpu_mask": ["3"],
    "advanced.cpu_mask_batch": ["0x3"],
    "advanced.cpu_range": ["0-1"],
    "advanced.cpu_range_batch": ["0-1"],
    "advanced.override_kv": [["tokenizer.ggml.add_bos_token=bool:false", "a.b=int:3"]],
    "chat_template": ["chatml"],
    "chat_template_kwargs": [{"enable_thinking": False}],
    "docker": ["model", "repo/model:tag"],
    "gpu.device": [["none"]],
    "gpu.override_tensor": [["exps=CPU", "blk\\.1=CPU"]],
    "gpu.rpc": [["127.0.0.1:9"]],
    "hf": ["org/repo", "org/repo:Q4_K_M"],
    "hf_file": ["model.gguf"],
    "multimodal.mmproj_device": ["none"],
    "multimodal.mmproj_url": [f"{NOBODY}/mmproj.gguf"],
    "reasoning_budget_message": ["That is enough."],
    "reasoning_effort": ["high"],
    "reverse_prompt": [["User:", "a, b"]],
    "sampling.dry_sequence_breaker": [["\n", "*"], ["none"]],
    "sampling.grammar": ['root ::= "yes" | "no"'],
    "sampling.json_schema": [{"type": "object"}],
    "sampling.logit_bias": [["15043+1", "15043-0.5"]],
    "sampling.sampler_seq": ["kpt"],
    "sampling.samplers": [["top_k", "temperature"]],
    "server.api_prefix": ["/llm"],
    "server.cors_headers": [["X-One", "X-Two"]],
    "server.cors_methods": [["GET", "POST"]],
    "server.cors_origins": [["localhost"], ["https://a.example", "https://b.example"]],
    "server.threads_http": [-1, 2],
    "server.tools": [["get_info"], ["read_file", "grep_search"]],
    "server.tools_runtime": ["podman:tools"],
    "server.ui_config": [{"theme": "dark"}],
    "speculative.draft_cpu_mask": ["3"],
    "speculative.draft_cpu_mask_batch": ["3"],
    "speculative.draft_cpu_range": ["0-1"],
    "speculative.draft_device": [["none"]],
    "speculative.draft_override_tensor": [["exps=CPU"]],
    "speculative.hf": ["org/draft:Q8_0"],
    "tags": [["small", "fast"]],
    "url": [f"{NOBODY}/model.gguf"],
}
FILES = {
    "chat_template_file": "{{ messages }}",
    "sampling.grammar_file": 'root ::= "yes"',
    "sampling.json_schema_file": '{"type": "object"}',
    "server.mcp_servers_config": '{"mcpServers": {}}',
    "server.ui_config_file": '{"theme": "dark"}',
}
"""What the file has to hold; any other may be empty."""

FOLDERS = frozenset(
    {
        "multimodal.video_ffmpeg_dir", "server.log_prompts_dir", "server.media_path", "server.slot_save_path",
        "server.static_path",
    }
)  # fmt: skip


def values(setting: Setting, directory: str) -> list[Any]:
    """What to try, files and folders in a directory that `prepare` has filled."""
    if setting.info.is_path:
        path = f"{directory}/{setting.path}"
        return [{path: 0.5}] if setting.scaled else [[path]] if setting.many else [path]
    return (
        SPECIAL[setting.path] if setting.path in SPECIAL else list(_values(_schema_of(setting.path), many=setting.many))
    )


def flat(schema: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The alternatives of a schema, those within others too; bounds stand beside those that bring a text."""
    bounds = {known: schema[key] for key, known in (("ge", "minimum"), ("not", "not")) if key in schema}
    for one in schema.get("anyOf", []):
        yield from ({**bounds, **inner} for inner in flat(one))
    if "anyOf" not in schema:
        yield {**schema, **bounds}


def _values(schema: dict[str, Any], *, many: bool = False) -> Iterator[Any]:
    """A list is tried as one: its one item alone is the same."""
    branches = [one for one in flat(schema) if not many or one.get("type") == "array"]
    for one in branches:
        if "$ref" in one:
            msg = f"no sample: {one}"
            raise ValueError(msg)
        if "enum" in one or "const" in one:
            yield from one.get("enum", [one.get("const")])
        elif one.get("type") == "boolean":
            yield from (True, False)
        elif one.get("type") in {"integer", "number"}:
            yield from _numbers(one)
        elif one.get("type") == "array":
            yield [next(iter(_values(one["items"])))]
            yield list(_values(one["items"]))
        elif one.get("type") == "string" and "pattern" not in one:
            msg = f"no sample: {one}"
            raise ValueError(msg)


def _numbers(schema: dict[str, Any]) -> Iterator[int | float]:
    whole = schema["type"] == "integer"
    if "minimum" in schema and {"const": schema["minimum"]} != schema.get("not"):
        yield schema["minimum"]
    if "maximum" in schema:
        yield schema["maximum"]
    elif "exclusiveMinimum" in schema:
        yield schema["exclusiveMinimum"] + 0.5
    else:
        yield schema.get("minimum", 0) + (2 if whole else 0.25)


@cache
def _schemas() -> dict[str, dict[str, Any]]:
    return {
        "": json_schema(ModelSpec),
        "server.": json_schema(ServerSpec),
        "router.": json_schema(RouterSpec),
    }


def _schema_of(path: str) -> dict[str, Any]:
    prefix = next((one for one in _schemas() if one and path.startswith(one)), "")
    whole = _schemas()[prefix]
    section, _, leaf = path.removeprefix(prefix).rpartition(".")
    if not section:
        found = whole["properties"][leaf]
    else:
        found = whole["$defs"][f"{section.capitalize()}Settings"]["properties"][leaf]
    assert isinstance(found, dict)
    return found
