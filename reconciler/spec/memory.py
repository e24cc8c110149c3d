"""Section `memory`: context, batches and caches."""

from typing import Literal

from reconciler.spec.base import Spec
from reconciler.spec.setting import bare, setting, switch
from reconciler.spec.values import Count, Mebibytes, SecondsNotZero

CacheType = Literal["f32", "f16", "bf16", "q8_0", "q4_0", "q4_1", "iq4_nl", "q5_0", "q5_1"]


# fmt: off
# One line a setting reads as a table; the formatter would break each into six.
class MemorySettings(Spec):
    """What decides how much memory a model needs."""

    ctx_size: Count | None = setting("--ctx-size", ge=0, unit="tokens", default="0", help="Size of the context; 0 takes it from the model file.")
    batch_size: Count | None = setting("--batch-size", ge=1, unit="tokens", default="2048", help="Most tokens of a prompt that are handed over at once.")
    ubatch_size: Count | None = setting("--ubatch-size", ge=1, unit="tokens", default="512", help="Most tokens that are computed at once.")
    keep: int | None = setting("--keep", ge=-1, unit="tokens", default="0", help="Tokens of the first prompt that stay when the context is full; -1 is all.")
    predict: int | None = setting("--predict", "--n-predict", ge=-1, unit="tokens", default="-1", help="Most tokens that an answer may have; -1 is no limit.")
    cache_type_k: CacheType | None = setting("--cache-type-k", default="f16", help="Data type of the keys in the KV cache.")
    cache_type_v: CacheType | None = setting("--cache-type-v", default="f16", help="Data type of the values in the KV cache.")
    cache_ram: Mebibytes | None = setting("--cache-ram", ge=-1, unit="MiB", default="8192", help="Most memory for cached prompts; -1 is no limit, 0 switches it off.")
    cache_reuse: int | None = setting("--cache-reuse", ge=0, unit="tokens", default="0", help="Smallest piece of a cached prompt that is worth shifting.")
    load_mode: Literal["auto", "none", "mmap", "mlock", "mmap+mlock", "dio"] | None = setting(
        "--load-mode", bare("--mlock", "mlock", "mmap+mlock"), bare("--mmap", "mmap"), bare("--no-mmap", "none"), bare("--direct-io", "dio"),
        default="auto", help="How the file comes into memory, and whether it is locked there.",
    )
    kv_offload: bool | None = setting(switch("--kv-offload"), default="on", help="Whether the KV cache lies in GPU memory.")
    swa_full: bool | None = setting(switch("--swa-full"), default="off", help="Whether sliding-window layers get a cache of the full size.")
    sleep_idle_seconds: SecondsNotZero | None = setting("--sleep-idle-seconds", ge=-1, unit="s", default="-1", help="Idle time after which the model leaves memory; -1 is never.")
    cache_prompt: bool | None = setting(switch("--cache-prompt"), default="on", help="Whether the start of a prompt that is known is not computed again.")
    cache_idle_slots: bool | None = setting(switch("--cache-idle-slots"), default="on", help="Whether idle slots are moved into the cache of prompts when a new task comes.")
    ctx_checkpoints: int | None = setting("--ctx-checkpoints", ge=0, default="32", help="Most checkpoints of the context that a slot keeps.")
    checkpoint_min_step: Count | None = setting("--checkpoint-min-step", ge=0, unit="tokens", default="8192", help="Least distance between two checkpoints; 0 is none.")
    kv_unified: bool | None = setting(switch("--kv-unified"), default="on if parallel is not given", help="Whether all slots share one KV cache.")
    kv_unified_per_slot: Count | None = setting("--kv-unified-per-slot", ge=1, unit="tokens", help="Most context that one slot may take of a shared cache.")
    lazy_mode: Literal["on", "auto", "off"] | None = setting("--lazy-mode", default="auto", help="Whether tensors that are rarely needed stay on the disk until then.")
    repack: bool | None = setting(switch("--repack"), default="on", help="Whether weights are put into an order that suits the CPU.")
    no_host: bool | None = setting(switch("--no-host"), default="off", help="Whether buffers of the host are passed by, so that special ones may be used.")
