"""What is downloaded: how it is named, where it goes, and which addresses may not be written."""

import pytest
from pydantic_core import ValidationError

from reconciler.llama.argv import without_secrets
from reconciler.llama.environment import passed_on
from reconciler.spec.document import download_target
from reconciler.spec.model import ModelSpec
from reconciler.spec.sources import WrittenSecretError, download_path, downloads_of, tells_a_secret
from reconciler.spec.validating import validate

MODEL = {"url": "https://host/a/m%20x-00001-of-00003.gguf?download=true"}


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"LLAMA_CACHE": "/big/", "XDG_CACHE_HOME": "/c", "HOME": "/h"}, "/big"),
        ({"XDG_CACHE_HOME": "/c", "HOME": "/h"}, "/c/llama.cpp"),
        ({"HOME": "/h"}, "/h/.cache/llama.cpp"),
        ({"HOME": ""}, None),
    ],
)
def test_a_download_goes_where_those_of_llama_server_go(environment: dict[str, str], folder: str | None) -> None:
    path = download_path(MODEL, environment)

    assert (path and path.rpartition("/")[0]) == folder
    assert path is None or path.endswith("-m_20x-00001-of-00003.gguf")


def test_addresses_that_end_alike_are_two_files() -> None:
    both = {download_path({"url": f"http://{host}/model.gguf"}, {"HOME": "/h"}) for host in "ab"}
    assert len(both) == 2


def test_a_file_and_a_repository_need_no_place() -> None:
    assert download_path({"path": "/m.gguf"}, {"HOME": "/h"}) is None
    assert download_path({"hf": "a/b"}, {"HOME": "/h"}) is None


def test_a_download_stays_where_it_is_until_it_is_another_one() -> None:
    before = {**MODEL, "download": "/old/m.gguf"}
    assert download_target(MODEL, {"HOME": "/h"}, before) == "/old/m.gguf"
    assert download_target({"url": "http://host/n.gguf"}, {"HOME": "/h"}, before) != "/old/m.gguf"
    assert download_target(MODEL | {"env": {"LLAMA_CACHE": "/own"}}, {"HOME": "/h"}, before).startswith("/own/")  # type: ignore[union-attr] # it has one


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"path": "/m.gguf"}, ()),
        ({"hf": "a/b", "speculative": {"hf": "a/c"}}, ("hf a/b", "hf a/c")),
        ({"hf": "a/b", "hf_file": "c.gguf"}, ("hf a/b, c.gguf",)),
        ({"url": "http://h/m.gguf", "multimodal": {"mmproj_url": "http://h/p"}}, ("http://h/m.gguf", "http://h/p")),
        ({"docker": "m"}, ("docker m",)),
    ],
)
def test_what_is_downloaded_is_named_as_people_know_it(document: dict[str, str], said: tuple[str, ...]) -> None:
    assert downloads_of(document) == said


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("http://u:p@h/m.gguf", True),
        ("http://u@h/m.gguf", True),
        ("http://h/m.gguf?a=1&access_token=x", True),
        ("http://h/m.gguf?X-Amz-Signature=x", True),
        ("http://h/m.gguf?sig=x", True),
        ("http://h/m.gguf#access_token=x", True),
        ("http://h/m.gguf??a?token=x", True),
        ("http://h/" + "?" * 1_000_000, False),
        ("http://h/?" + "token" * 200_000, False),
        ("http://h/m@v1/m.gguf?download=true", False),
        ("someone@example.org", False),
    ],
)
def test_an_address_with_a_secret_is_recognised(text: str, secret: bool) -> None:  # noqa: FBT001 - a case of the table
    assert tells_a_secret(text) is secret


def test_what_is_recorded_and_shown_carries_no_address_with_a_secret() -> None:
    assert passed_on({"HF_ENDPOINT": "https://u:p@mirror", "HF_HOME": "/hf", "HF_TOKEN": "x"}) == {"HF_HOME": "/hf"}
    assert without_secrets(("llama-server", "-mu", "http://u:p@h/m.gguf")) == ("llama-server", "-mu", "…")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://huggingface.co/a/b", "write `a/b`"),
        ("hf.co/a/b:Q4_K_M", "write `a/b:Q4_K_M`"),
        ("https://huggingface.co/a/b/tree/main", "write `a/b`"),
        (
            "https://huggingface.co/a/b/resolve/main/x/y.gguf?download=true",
            "write `a/b`, and `hf_file: x/y.gguf` beside it",
        ),
    ],
)
def test_an_address_of_hugging_face_is_told_as_the_repository_that_it_means(written: str, meant: str) -> None:
    with pytest.raises(ValueError, match=r"got an address; ") as caught:
        validate(ModelSpec, {"hf": written})

    assert f"got an address; {meant}" in str(caught.value)


@pytest.mark.parametrize("key", ["hf", "docker"])
def test_a_secret_in_a_name_is_refused_as_one(key: str) -> None:
    with pytest.raises(ValidationError) as caught:
        validate(ModelSpec, {key: "https://user:word@host/a/b"})

    assert [type(one["ctx"]["error"]) for one in caught.value.errors()] == [WrittenSecretError]
