"""
Where a model comes from: a file on the host, or something that llama-server downloads by itself.

With `--hf-repo` llama-server (b10434, b11434) keeps files in the cache of Hugging Face's own tools, or in `LLAMA_CACHE`
when that is set. With `--model-url` and no `--model` it takes itself for a router and loads nothing, b10434 with
`--docker-repo` too: so it is always told a file, which is where the address goes and what an image replaces.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from reconciler.spec.marks import Checked, looks_like

SOURCES = ("path", "hf", "url", "docker")
"""Keys of a model of which it has exactly one."""

REMOTE = SOURCES[1:]
"""Those that are downloaded."""

DOWNLOAD_VARIABLES = frozenset(
    {
        "HF_ENDPOINT", "HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "LLAMA_CACHE", "MODEL_ENDPOINT",
        "SSL_CERT_DIR", "SSL_CERT_FILE", "XDG_CACHE_HOME",
    }
)  # fmt: skip
"""Variables by which llama-server chooses where downloads come from, whom it trusts there, and where they go to."""

_WORD = r"[A-Za-z0-9][\w.-]*"
_HF = f"{_WORD}/{_WORD}(:{_WORD})?"
_HF_PAGE = (
    rf"(https?://)?(www\.)?(huggingface|hf)\.co/(?P<repository>{_HF})"
    r"(/((resolve|blob)/[^/]+/(?P<file>[^?#]+)|tree/[^?#]*)?)?([?#].*)?"
)
_DOCKER = f"({_WORD}/)?{_WORD}(:{_WORD})?"
_URL = r"https?://[^/?#\s]+/[^\s]*[^/\s]"

SENSITIVE = (
    r"(?:secret|passw(?:or)?d|passphrase|credential|(?:api|access|private)[-_]?key|token(?![a-z])"
    # A number of tokens is none.
    r"|(?<!(?<![a-z])n[-_])(?<!max[-_])(?<!num[-_])tokens(?![a-z])"
    # `PWD` is a directory.
    r"|(?<![a-z])(?:keys?|pass|bearer|pat|auth(?!_sock))(?![a-z])|(?<=[-_])pwd?(?![a-z]))"
)
"""What names of secrets have in them, whatever the case of the letters: keys, variables, flags, parts of an address."""

_NAME_OF_SECRET = rf"(?i){SENSITIVE}|^-hft$"
_USER = r"://[^/\s]*@"
_PARAMETER = r"[?&#]([^=?&#\s]*)="
_PARAMETER_OF_SECRET = rf"(?i){SENSITIVE}|token|signature|^(?:sig|pwd?)$"


class WrittenSecretError(ValueError):
    """An address that carries a secret, which is not to be shown."""


def tells_a_secret(text: str) -> bool:
    """Whether an address somewhere in this text carries a password or a token."""
    # Plans look at many texts, and hardly one of them is an address.
    if "://" not in text:
        return False
    names = (match[1] for match in re.finditer(_PARAMETER, text))
    return re.search(_USER, text) is not None or any(re.search(_PARAMETER_OF_SECRET, name) for name in names)


def names_a_secret(name: str) -> bool:
    """Whether what a key, a variable or a flag of this name holds is not to be shown."""
    return re.search(_NAME_OF_SECRET, name) is not None


def _without_secret(value: str) -> None:
    if tells_a_secret(value):
        raise WrittenSecretError("expected an address without a password or a token")


def _address(value: str) -> str:
    _without_secret(value)
    if not re.fullmatch(_URL, value):
        msg = f"expected an address such as `https://host/model.gguf`, got `{value}`"
        raise ValueError(msg)
    return value


def _repository(value: str) -> str:
    _without_secret(value)
    if not re.fullmatch(_HF, value, re.ASCII):
        page = re.fullmatch(_HF_PAGE, value, re.ASCII)
        meant = f"an address; write `{page['repository']}`" if page else f"`{value}`"
        if page and page["file"]:
            meant += f", and `hf_file: {page['file']}` beside it"
        msg = f"expected `org/repo` or `org/repo:QUANT`, got {meant}"
        raise ValueError(msg)
    return value


def _image(value: str) -> str:
    _without_secret(value)
    if not re.fullmatch(_DOCKER, value, re.ASCII):
        msg = f"expected `model`, `repo/model` or `repo/model:tag`, got `{value}`"
        raise ValueError(msg)
    return value


Address = Annotated[str, looks_like("^https?://", "https://host/model.gguf"), Checked(_address)]
"""Where a file is downloaded from."""

HfRepository = Annotated[str, looks_like(f"^{_HF}$", "org/repo:Q4_K_M"), Checked(_repository)]
"""A repository of Hugging Face, with the quantization where it is not the default."""

DockerImage = Annotated[str, looks_like(f"^{_DOCKER}$", "ai/gemma3"), Checked(_image)]
"""A model of Docker Hub."""


def downloads_of(document: Mapping[str, Any]) -> tuple[str, ...]:
    """What llama-server downloads for a model, as people name it, by its document; nothing when all of it is files."""
    file = f", {document['hf_file']}" if document.get("hf_file") else ""
    repositories = (document.get("hf"), document.get("speculative", {}).get("hf"))
    named = (
        f"hf {repositories[0]}{file}" if repositories[0] else None,
        document.get("url"),
        f"docker {document['docker']}" if document.get("docker") else None,
        document.get("multimodal", {}).get("mmproj_url"),
        f"hf {repositories[1]}" if repositories[1] else None,
    )
    return tuple(filter(None, named))


def download_path(document: Mapping[str, Any], environment: Mapping[str, str]) -> str | None:
    """
    The file that a model with an address becomes; nothing when it needs none, or there is no place for it.

    It lies where llama-server's own downloads lie. The name says the address, since many a file is called
    `model.gguf`; it ends like the address, because shards are found by the end of a name.
    """
    address = document.get("url") or document.get("docker")
    if not address:
        return None
    from hashlib import sha256  # noqa: PLC0415 - most models are files

    caches = (
        environment.get("LLAMA_CACHE"),
        f"{cache}/llama.cpp" if (cache := environment.get("XDG_CACHE_HOME")) else None,
        f"{home}/.cache/llama.cpp" if (home := environment.get("HOME")) else None,
    )
    folder = next(filter(None, caches), None)
    name = re.sub(r"[^\w.-]", "_", address.partition("?")[0].rpartition("/")[2])
    return f"{folder.rstrip('/')}/{sha256(address.encode()).hexdigest()[:12]}-{name}" if folder else None
