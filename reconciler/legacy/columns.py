"""
Every column of every vintage: the setting that it is today, or why it is not carried.

One name means one thing in all tables, but for `ctx_size`, `batch_size` and `threads`, which the JavaScript vintages
fill by themselves.
"""

from collections.abc import Mapping

SETTINGS: Mapping[str, str] = {
    "api_prefix": "server.api_prefix",
    "batch_size": "memory.batch_size",
    "cache_ram": "memory.cache_ram",
    "cache_reuse": "memory.cache_reuse",
    "cache_type_k": "memory.cache_type_k",
    "cache_type_k_draft": "speculative.draft_type_k",
    "cache_type_v": "memory.cache_type_v",
    "cache_type_v_draft": "speculative.draft_type_v",
    "chat_template": "chat_template",
    "chat_template_file": "chat_template_file",
    "chat_template_kwargs": "chat_template_kwargs",
    "check_tensors": "advanced.check_tensors",
    "cont_batching": "cont_batching",
    "context_shift": "advanced.context_shift",
    "control_vector": "lora.control_vector",
    "control_vector_scaled": "lora.control_vector_scaled",
    "cpu_mask": "advanced.cpu_mask",
    "cpu_mask_batch": "advanced.cpu_mask_batch",
    "cpu_moe": "gpu.cpu_moe",
    "cpu_moe_draft": "speculative.draft_cpu_moe",
    "cpu_range": "advanced.cpu_range",
    "cpu_range_batch": "advanced.cpu_range_batch",
    "cpu_strict": "advanced.cpu_strict",
    "cpu_strict_batch": "advanced.cpu_strict_batch",
    "ctx_checkpoints": "memory.ctx_checkpoints",
    "ctx_size": "memory.ctx_size",
    "device": "gpu.device",
    "device_draft": "speculative.draft_device",
    "draft_max": "speculative.draft_max",
    "draft_min": "speculative.draft_min",
    "draft_p_min": "speculative.draft_p_min",
    "dry_allowed_length": "sampling.dry_allowed_length",
    "dry_base": "sampling.dry_base",
    "dry_multiplier": "sampling.dry_multiplier",
    "dry_penalty_last_n": "sampling.dry_penalty_last_n",
    "dry_sequence_breaker": "sampling.dry_sequence_breaker",
    "dynatemp_exp": "sampling.dynatemp_exp",
    "dynatemp_exponent": "sampling.dynatemp_exp",
    "dynatemp_range": "sampling.dynatemp_range",
    "embeddings": "embeddings",
    "escape": "advanced.escape",
    "fit": "gpu.fit",
    "fit_ctx": "gpu.fit_ctx",
    "fit_target": "gpu.fit_target",
    "flash_attn": "advanced.flash_attn",
    "frequency_penalty": "sampling.frequency_penalty",
    "gpu_layers": "gpu.layers",
    "grammar": "sampling.grammar",
    "grammar_file": "sampling.grammar_file",
    "hf_repo_draft": "speculative.hf",
    "image_max_tokens": "multimodal.image_max_tokens",
    "image_min_tokens": "multimodal.image_min_tokens",
    "jinja": "jinja",
    "json_schema": "sampling.json_schema",
    "json_schema_file": "sampling.json_schema_file",
    "kv_offload": "memory.kv_offload",
    "kv_unified": "memory.kv_unified",
    "log_prefix": "server.log_prefix",
    "log_timestamps": "server.log_timestamps",
    "log_verbose": "server.verbosity",
    "logit_bias": "sampling.logit_bias",
    "lora": "lora.adapters",
    "lora_scaled": "lora.scaled",
    "main_gpu": "gpu.main_gpu",
    "media_path": "server.media_path",
    "min_p": "sampling.min_p",
    "mirostat": "sampling.mirostat",
    "mirostat_ent": "sampling.mirostat_ent",
    "mirostat_eta": "sampling.mirostat_lr",
    "mirostat_lr": "sampling.mirostat_lr",
    "mirostat_tau": "sampling.mirostat_ent",
    "mmproj": "multimodal.mmproj",
    "mmproj_auto": "multimodal.mmproj_auto",
    "mmproj_offload": "multimodal.mmproj_offload",
    "mmproj_url": "multimodal.mmproj_url",
    "model_draft": "speculative.model",
    "models_autoload": "router.autoload",
    "models_max": "router.models_max",
    "n_cpu_moe": "gpu.n_cpu_moe",
    "n_cpu_moe_draft": "speculative.draft_n_cpu_moe",
    "n_gpu_layers_draft": "speculative.draft_layers",
    "n_parallel": "parallel",
    "no_host": "memory.no_host",
    "numa": "advanced.numa",
    "offline": "offline",
    "op_offload": "gpu.op_offload",
    "override_kv": "advanced.override_kv",
    "override_tensor": "gpu.override_tensor",
    "path": "server.static_path",
    "polling": "advanced.poll",
    "polling_batch": "advanced.poll_batch",
    "pooling": "pooling",
    "predict": "memory.predict",
    "prefill_assistant": "prefill_assistant",
    "presence_penalty": "sampling.presence_penalty",
    "priority": "advanced.prio",
    "priority_batch": "advanced.prio_batch",
    "props_enabled": "server.props",
    "reasoning_budget": "reasoning_budget",
    "reasoning_format": "reasoning_format",
    "repack": "memory.repack",
    "repeat_last_n": "sampling.repeat_last_n",
    "repeat_penalty": "sampling.repeat_penalty",
    "reranking": "reranking",
    "rope_freq_base": "advanced.rope_freq_base",
    "rope_freq_scale": "advanced.rope_freq_scale",
    "rope_scale": "advanced.rope_scale",
    "rope_scaling_type": "advanced.rope_scaling",
    "rpc": "gpu.rpc",
    "sampler_seq": "sampling.sampler_seq",
    "samplers": "sampling.samplers",
    "seed": "sampling.seed",
    "sleep_idle_seconds": "memory.sleep_idle_seconds",
    "slot_save_path": "server.slot_save_path",
    "slots_enabled": "server.slots",
    "split_mode": "gpu.split_mode",
    "spm_infill": "spm_infill",
    "swa_full": "memory.swa_full",
    "temperature": "sampling.temperature",
    "tensor_split": "gpu.tensor_split",
    "threads": "threads",
    "threads_batch": "threads_batch",
    "threads_batch_draft": "speculative.draft_threads_batch",
    "threads_draft": "speculative.draft_threads",
    "threads_http": "server.threads_http",
    "timeout": "server.timeout",
    "top_k": "sampling.top_k",
    "top_nsigma": "sampling.top_n_sigma",
    "top_p": "sampling.top_p",
    "typical_p": "sampling.typical_p",
    "ubatch_size": "memory.ubatch_size",
    "warmup": "advanced.warmup",
    "webui": "server.ui_config",
    "webui_config_file": "server.ui_config_file",
    "xtc_probability": "sampling.xtc_probability",
    "xtc_threshold": "sampling.xtc_threshold",
    "yarn_attn_factor": "advanced.yarn_attn_factor",
    "yarn_beta_fast": "advanced.yarn_beta_fast",
    "yarn_beta_slow": "advanced.yarn_beta_slow",
    "yarn_ext_factor": "advanced.yarn_ext_factor",
    "yarn_orig_ctx": "advanced.yarn_orig_ctx",
}
"""Columns that are one setting, by the path of that setting."""

INVERTED: Mapping[str, str] = {"no_webui": "server.ui"}
"""Columns that say the contrary of a setting."""

LOAD_MODE = frozenset({"mmap", "mlock"})
"""Columns that make one setting together: `memory.load_mode`."""

UNSET: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "presence_penalty", "frequency_penalty", "xtc_probability", "dry_multiplier", "dynatemp_range", "mirostat",
            "cont_batching", "context_shift", "cpu_moe", "cpu_moe_draft", "cpu_strict", "cpu_strict_batch", "ctx_size",
            "draft_min", "embeddings", "jinja", "kv_offload", "kv_unified", "log_disable", "log_prefix", "list_devices",
            "log_timestamps", "log_verbose", "mlock", "mmap", "mmproj_auto", "mmproj_offload", "models_autoload",
            "n_cpu_moe", "n_cpu_moe_draft", "no_host", "no_webui", "offline", "op_offload", "prefill_assistant",
            "priority", "props_enabled", "repack", "reranking", "slots_enabled", "spm_infill", "swa_full",
            "verbose_prompt", "warmup", "yarn_orig_ctx", "check_tensors",
        ),
        "0",
    ),
    **dict.fromkeys(
        (
            "cache_ram", "dry_penalty_last_n", "gpu_layers", "n_parallel", "predict", "reasoning_budget", "seed",
            "sleep_idle_seconds", "threads", "top_nsigma", "yarn_attn_factor", "yarn_beta_fast", "yarn_beta_slow",
            "yarn_ext_factor",
        ),
        "-1",
    ),
    **dict.fromkeys(("dynatemp_exp", "dynatemp_exponent", "escape", "repeat_penalty", "typical_p"), "1"),
    **dict.fromkeys(("metrics_enabled",), "1"),
    **dict.fromkeys(("min_p", "mirostat_lr", "mirostat_eta", "xtc_threshold"), "0.1"),
    **dict.fromkeys(("mirostat_ent", "mirostat_tau"), "5"),
    **dict.fromkeys(("temperature", "draft_p_min"), "0.8"),
    "batch_size": "2048",
    "ctx_checkpoints": "8",
    "draft_max": "16",
    "dry_allowed_length": "2",
    "dry_base": "1.75",
    "fit_ctx": "4096",
    "fit_target": "1024",
    "flash_attn": "auto",
    "host": "127.0.0.1",
    "models_max": "4",
    "port": "8080",
    "repeat_last_n": "64",
    "sampler_seq": "edskypmxt",
    "timeout": "600",
    "top_k": "40",
    "top_p": "0.9",
    "ubatch_size": "512",
}  # fmt: skip
"""
What the old program stored in every row without being asked. None of it ever reached llama-server, and some of it would
do harm there, so it means that nobody said anything.
"""

UNSET_BY_SCAN: Mapping[str, str] = {"batch_size": "512", "threads": "4"}
"""The same in the JavaScript vintages, whose scan of a directory writes these two; `ctx_size` is no setting there."""

SOURCES: Mapping[str, str] = {
    "model_path": "path",
    "model_url": "url",
    "hf_repo": "hf",
    "docker_repo": "docker",
    "hf_file": "hf_file",
}
"""Where a model comes from, the one that the old program went by first."""

SECRETS: Mapping[str, str] = {"hf_token": "hf_token", "api_key": "api_key"}
"""Columns with a secret, by the key of `server` that refers to it."""

PROCESS: Mapping[str, str] = {"host": "host", "port": "port", "api_key_file": "key_file"}
"""Where a server listens, and the file of the keys that it takes."""

_GONE = "llama-server has no such option any more"
_OURS = "reconcile decides it for every server"
_TLS = "servers with TLS cannot be looked after yet; let a reverse proxy speak it"

REFUSED: Mapping[str, str] = {
    "hf_file_v": _GONE,
    "model_url_draft": f"{_GONE}; download the draft model and write `speculative.model`",
    "ctx_size_draft": f"{_GONE}; the draft model has the context of the model",
    "spec_replace": _GONE,
    "verbose_prompt": _GONE,
    "defrag_thold": "llama-server takes it and does nothing with it any more",
    "list_devices": "it prints the devices and ends; `llama-server --list-devices` does it",
    "control_vector_layer_range": "llama-server wants two words for it, which no setting can say",
    "ssl_key_file": _TLS,
    "ssl_cert_file": _TLS,
    "log_disable": f"{_OURS}: it reads the log to say why a server ended",
    "log_file": f"{_OURS}; `reconcile logs` shows the log",
    "log_colors": _OURS,
    "metrics_enabled": f"{_OURS}: metrics are always served",
    "models_dir": "the models of a router are those of `models`",
    "models_preset": "reconcile writes it from `models`",
}
"""Columns that are not carried, with the reason. One that is set is reported."""

NEVER = frozenset({"ignore_eos"})
"""Stored in every row, it would make models never stop: neither value of it is carried, or worth a word."""

REMOVED = frozenset(
    {
        "hf_file_v", "model_url_draft", "ctx_size_draft", "spec_replace", "verbose_prompt", "defrag_thold",
        "list_devices",
    }
)  # fmt: skip
"""Those of them that llama-server itself does not take today."""

JSON_OPTIONS = frozenset({"custom_params", "parameters"})
"""Columns that hold an object of options."""

LABELS = frozenset(
    {
        "type", "status", "file_size", "file_size_bytes", "params", "quantization", "embedding_size", "block_count",
        "head_count", "head_count_kv", "ffn_dim", "file_type", "favorite", "created_at", "updated_at",
        "fit_params_available", "last_fit_params_check", "recommended_ctx_size", "recommended_gpu_layers",
        "recommended_tensor_split", "quantization_type", "parameter_count", "architecture", "context_window",
        "fit_params_analyzed_at", "fit_params_success", "fit_params_error", "fit_params_raw_output",
        "projected_cpu_memory_mb", "projected_gpu_memory_mb",
    }
)  # fmt: skip
"""What is known of a model and is no wish: it goes into comments and the report."""

MEASURED = frozenset(
    {
        "cpu_usage", "memory_usage", "disk_usage", "swap_usage", "gpu_usage", "gpu_temperature", "gpu_memory_used",
        "gpu_memory_total", "gpu_power_usage", "active_models", "uptime", "requests_per_minute", "timestamp",
    }
)  # fmt: skip
"""Columns of samples."""

KEEPING = frozenset(
    {
        "id", "model_id", "name", "key", "value", "config", "level", "message", "source", "context", "source_table",
        "source_key", "original_value", "migrated_at",
    }
)  # fmt: skip
"""What tables need to be tables; read where it is needed."""

SERVER_COLUMNS = frozenset(
    {
        "host", "port", "api_prefix", "path", "webui", "webui_config_file", "no_webui", "embeddings", "reranking",
        "api_key", "api_key_file", "ssl_key_file", "ssl_cert_file", "timeout", "threads_http", "cache_reuse",
        "metrics_enabled", "props_enabled", "slots_enabled", "slot_save_path", "media_path", "models_dir",
        "models_preset", "models_max", "models_autoload", "jinja", "chat_template", "chat_template_file",
        "chat_template_kwargs", "prefill_assistant", "ctx_checkpoints", "verbose_prompt", "warmup", "spm_infill",
        "log_disable", "log_file", "log_colors", "log_verbose", "log_prefix", "log_timestamps",
    }
)  # fmt: skip
"""Columns that every model had in V1, and that became one row for all of them."""

TABLES = (
    "model_sampling_config",
    "model_memory_config",
    "model_gpu_config",
    "model_advanced_config",
    "model_lora_config",
    "model_multimodal_config",
)
"""Tables with at most one row for each model."""

SERVER_TABLE = "model_server_config"
"""One row for all models."""

ADVICE_TABLE = "model_fit_params"
