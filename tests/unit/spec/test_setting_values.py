"""What holds for the values of all settings: words for booleans, lists of one, what C reads, what divides items."""

from typing import Any

import pytest
from pydantic import ValidationError

from reconciler.spec.model import ModelSpec
from reconciler.spec.validating import validate


@pytest.mark.parametrize(
    ("section", "key", "written", "value"),
    [
        ("gpu", "fit", "off", False),
        ("gpu", "device", "CUDA0", ("CUDA0",)),
        ("gpu", "tensor_split", 3, (3.0,)),
        ("gpu", "fit_target", "2GiB", (2048,)),
        ("sampling", "samplers", "top_k", ("top_k",)),
        ("sampling", "dry_sequence_breaker", "a,b", ("a,b",)),
        ("sampling", "seed", 2**32 - 1, 2**32 - 1),
        ("memory", "ctx_size", 2**31 - 1, 2**31 - 1),
        ("lora", "scaled", {"/a.gguf": 0.5}, {"/a.gguf": 0.5}),
    ],
)
def test_a_setting_takes_what_means_one_thing(section: str, key: str, written: object, value: object) -> None:
    assert getattr(getattr(validate(ModelSpec, {section: {key: written}}), section), key) == value


@pytest.mark.parametrize(
    ("section", "key", "written", "place", "reason"),
    [
        ("memory", "ctx_size", 2**31, (), "2147483647"),
        ("gpu", "layers", 2**31, ("constrained-int",), "2147483647"),
        ("sampling", "seed", 2**32, (), "4294967295"),
        ("sampling", "mirostat", True, (), "0, 1 or 2"),
        ("sampling", "mirostat", 1.0, (), "0, 1 or 2"),
        ("gpu", "override_tensor", ["a=CPU", "b{1,2}=CPU"], (1,), "without `,`"),
        ("gpu", "rpc", "a:1,b:2", (0,), "without `,`"),
        ("gpu", "device", [], (), "at least 1"),
        ("advanced", "override_kv", ["a=str:x,y"], (0,), "without `,`"),
        ("lora", "adapters", ["/a,b"], (0,), "without `,`"),
        ("lora", "scaled", {"/a,b": 1.0}, ("/a,b", "[key]"), "`,` is in it"),
        ("lora", "scaled", {"/a:b": 1.0}, ("/a:b", "[key]"), "`:` is in it"),
    ],
)
def test_what_llama_server_would_read_as_something_else_is_refused(
    section: str, key: str, written: object, place: tuple[Any, ...], reason: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        validate(ModelSpec, {section: {key: written}})

    first = caught.value.errors()[0]
    assert first["loc"] == (section, key, *place)
    assert reason in first["msg"]


def test_words_for_booleans_are_for_settings_alone() -> None:
    assert validate(ModelSpec, {"jinja": "yes"}).jinja is True
    with pytest.raises(ValidationError):
        validate(ModelSpec, {"enabled": "yes"})
