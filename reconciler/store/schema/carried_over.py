"""
What the tables before held as one JSON text, moved into the columns.

A document that is odd, or has a value that a column refuses, stays whole in `other`, and goes into the columns when it
is written next.
"""

CARRIED_OVER = (
    "CREATE TABLE moving_server (id INTEGER PRIMARY KEY, document TEXT NOT NULL) STRICT",
    """
    INSERT INTO moving_server (document) SELECT DISTINCT document -> '$.server' FROM moving
    WHERE json_type(document, '$.server') = 'object' AND uid NOT IN (SELECT uid FROM odd)
    """,
    """
    INSERT OR IGNORE INTO model_server_config SELECT id, 0,
        document ->> '$.host', document ->> '$.ports', document ->> '$.api_key.env', document ->> '$.api_key.file',
        document ->> '$.hf_token.env', document ->> '$.hf_token.file', document ->> '$.threads_http',
        document ->> '$.timeout', document ->> '$.ssl_key_file', document ->> '$.ssl_cert_file', document ->> '$.ui',
        document ->> '$.api_prefix', document ->> '$.static_path', document ->> '$.cors_origins',
        document ->> '$.cors_methods', document ->> '$.cors_headers', document ->> '$.cors_credentials',
        document ->> '$.ui_config', document ->> '$.ui_config_file', document ->> '$.ui_mcp_proxy',
        document ->> '$.tools', document ->> '$.tools_runtime', document ->> '$.mcp_servers_config',
        document ->> '$.agent', document ->> '$.sse_ping_interval', document ->> '$.props', document ->> '$.slots',
        document ->> '$.slot_save_path', document ->> '$.media_path', document ->> '$.verbosity',
        document ->> '$.log_prefix', document ->> '$.log_timestamps', document ->> '$.log_prompts_dir',
        nullif(json_remove(rest,
            iif(rest -> '$.api_key' = '{}', '$.api_key', '$.nothing'),
            iif(rest -> '$.hf_token' = '{}', '$.hf_token', '$.nothing')), '{}')
    FROM (
        SELECT id, document, json_patch(document, '
            {"host":null, "ports":null, "api_key":{"env":null, "file":null}, "hf_token":{"env":null, "file":null},
            "threads_http":null, "timeout":null, "ssl_key_file":null, "ssl_cert_file":null, "ui":null,
            "api_prefix":null, "static_path":null, "cors_origins":null, "cors_methods":null, "cors_headers":null,
            "cors_credentials":null, "ui_config":null, "ui_config_file":null, "ui_mcp_proxy":null, "tools":null,
            "tools_runtime":null, "mcp_servers_config":null, "agent":null, "sse_ping_interval":null, "props":null,
            "slots":null, "slot_save_path":null, "media_path":null, "verbosity":null, "log_prefix":null,
            "log_timestamps":null, "log_prompts_dir":null}
        ') AS rest FROM moving_server
    )
    """,
    """
    INSERT OR IGNORE INTO odd SELECT uid FROM moving
        JOIN moving_server ON moving_server.document = moving.document -> '$.server'
    WHERE id NOT IN (SELECT id FROM model_server_config)
    """,
    """
    INSERT OR IGNORE INTO models SELECT uid, name, serve,
        document ->> '$.path', document ->> '$.hf', document ->> '$.hf_file', document ->> '$.url',
        document ->> '$.docker', document ->> '$.load', document ->> '$.aliases', document ->> '$.port',
        document ->> '$.enabled', document ->> '$.protect', document ->> '$.extra_args', document ->> '$.env',
        document ->> '$.moved_from', document ->> '$.health.startup_timeout', document ->> '$.health.startup_limit',
        document ->> '$.health.min_healthy', document ->> '$.health.drain_timeout',
        document ->> '$.health.stop_grace', document ->> '$.restart.policy', document ->> '$.restart.max_attempts',
        document ->> '$.restart.window', document ->> '$.threads', document ->> '$.threads_batch',
        document ->> '$.parallel', document ->> '$.cont_batching', document ->> '$.chat_template',
        document ->> '$.jinja', document ->> '$.reasoning_format', document ->> '$.embeddings',
        document ->> '$.pooling', document ->> '$.reranking', document ->> '$.chat_template_file',
        document ->> '$.chat_template_kwargs', document ->> '$.skip_chat_parsing',
        document ->> '$.prefill_assistant', document ->> '$.reasoning', document ->> '$.reasoning_effort',
        document ->> '$.reasoning_budget', document ->> '$.reasoning_budget_message',
        document ->> '$.reasoning_preserve', document ->> '$.embd_normalize',
        document ->> '$.slot_prompt_similarity', document ->> '$.reverse_prompt', document ->> '$.special',
        document ->> '$.spm_infill', document ->> '$.offline', document ->> '$.tags',
        document ->> '$.download', spec_version,
        nullif(json_remove(rest,
            iif(rest -> '$.sampling' = '{}', '$.sampling', '$.nothing'),
            iif(rest -> '$.memory' = '{}', '$.memory', '$.nothing'),
            iif(rest -> '$.gpu' = '{}', '$.gpu', '$.nothing'),
            iif(rest -> '$.advanced' = '{}', '$.advanced', '$.nothing'),
            iif(rest -> '$.lora' = '{}', '$.lora', '$.nothing'),
            iif(rest -> '$.multimodal' = '{}', '$.multimodal', '$.nothing'),
            iif(rest -> '$.speculative' = '{}', '$.speculative', '$.nothing'),
            iif(rest -> '$.health' = '{}', '$.health', '$.nothing'),
            iif(rest -> '$.restart' = '{}', '$.restart', '$.nothing'),
            iif(rest -> '$.llama_server' = '{}', '$.llama_server', '$.nothing')
        ), '{}')
    FROM (
        SELECT *, json_patch(document, '
            {"path":null, "hf":null, "hf_file":null, "url":null, "docker":null, "load":null, "aliases":null,
            "port":null, "enabled":null, "protect":null, "extra_args":null, "env":null, "moved_from":null,
            "health":{"startup_timeout":null, "startup_limit":null, "min_healthy":null, "drain_timeout":null,
            "stop_grace":null}, "restart":{"policy":null, "max_attempts":null, "window":null}, "threads":null,
            "threads_batch":null, "parallel":null, "cont_batching":null, "chat_template":null, "jinja":null,
            "reasoning_format":null, "embeddings":null, "pooling":null, "reranking":null, "chat_template_file":null,
            "chat_template_kwargs":null, "skip_chat_parsing":null, "prefill_assistant":null, "reasoning":null,
            "reasoning_effort":null, "reasoning_budget":null, "reasoning_budget_message":null,
            "reasoning_preserve":null, "embd_normalize":null, "slot_prompt_similarity":null, "reverse_prompt":null,
            "special":null, "spm_infill":null, "offline":null, "tags":null, "serve":null,
            "sampling":{"temperature":null, "top_k":null, "top_p":null, "min_p":null, "typical_p":null, "seed":null,
            "repeat_last_n":null, "repeat_penalty":null, "presence_penalty":null, "frequency_penalty":null,
            "mirostat":null, "mirostat_lr":null, "mirostat_ent":null, "ignore_eos":null, "samplers":null,
            "sampler_seq":null, "top_n_sigma":null, "xtc_probability":null, "xtc_threshold":null,
            "dry_multiplier":null, "dry_base":null, "dry_allowed_length":null, "dry_penalty_last_n":null,
            "dry_sequence_breaker":null, "adaptive_target":null, "adaptive_decay":null, "dynatemp_range":null,
            "dynatemp_exp":null, "logit_bias":null, "grammar":null, "grammar_file":null, "json_schema":null,
            "json_schema_file":null, "backend_sampling":null}, "memory":{"ctx_size":null, "batch_size":null,
            "ubatch_size":null, "keep":null, "predict":null, "cache_type_k":null, "cache_type_v":null,
            "cache_ram":null, "cache_reuse":null, "load_mode":null, "kv_offload":null, "swa_full":null,
            "sleep_idle_seconds":null, "cache_prompt":null, "cache_idle_slots":null, "ctx_checkpoints":null,
            "checkpoint_min_step":null, "kv_unified":null, "kv_unified_per_slot":null, "lazy_mode":null,
            "repack":null, "no_host":null}, "gpu":{"layers":null, "split_mode":null, "tensor_split":null,
            "main_gpu":null, "device":null, "n_cpu_moe":null, "fit":null, "fit_target":null, "fit_ctx":null,
            "cpu_moe":null, "n_cpu_ffn":null, "override_tensor":null, "op_offload":null, "rpc":null},
            "advanced":{"flash_attn":null, "rope_scaling":null, "rope_scale":null, "rope_freq_base":null,
            "yarn_orig_ctx":null, "context_shift":null, "warmup":null, "numa":null, "cpu_mask":null,
            "cpu_range":null, "cpu_strict":null, "prio":null, "poll":null, "cpu_mask_batch":null,
            "cpu_range_batch":null, "cpu_strict_batch":null, "prio_batch":null, "poll_batch":null, "perf":null,
            "escape":null, "rope_freq_scale":null, "yarn_ext_factor":null, "yarn_attn_factor":null,
            "yarn_beta_slow":null, "yarn_beta_fast":null, "check_tensors":null, "override_kv":null},
            "lora":{"adapters":null, "scaled":null, "init_without_apply":null, "control_vector":null,
            "control_vector_scaled":null}, "multimodal":{"mmproj":null, "mmproj_url":null, "mmproj_auto":null,
            "mmproj_offload":null, "mmproj_device":null, "image_min_tokens":null, "image_max_tokens":null,
            "batch_max_tokens":null, "video_fps":null, "video_timestamp_interval":null, "video_ffmpeg_dir":null},
            "speculative":{"model":null, "hf":null, "draft_max":null, "draft_min":null, "type":null,
            "draft_threads":null, "draft_threads_batch":null, "draft_cpu_mask":null, "draft_cpu_range":null,
            "draft_cpu_strict":null, "draft_prio":null, "draft_poll":null, "draft_cpu_mask_batch":null,
            "draft_cpu_strict_batch":null, "draft_prio_batch":null, "draft_poll_batch":null,
            "draft_override_tensor":null, "draft_cpu_moe":null, "draft_n_cpu_moe":null, "draft_type_k":null,
            "draft_type_v":null, "draft_p_split":null, "draft_p_min":null, "draft_backend_sampling":null,
            "draft_sampling":null, "draft_device":null, "draft_layers":null, "synth_len":null, "synth_rates":null,
            "ngram_mod_n_min":null, "ngram_mod_n_max":null, "ngram_mod_n_match":null, "ngram_simple_size_n":null,
            "ngram_simple_size_m":null, "ngram_simple_min_hits":null, "ngram_map_k_size_n":null,
            "ngram_map_k_size_m":null, "ngram_map_k_min_hits":null, "ngram_map_k4v_size_n":null,
            "ngram_map_k4v_size_m":null, "ngram_map_k4v_min_hits":null, "lookup_cache_static":null,
            "lookup_cache_dynamic":null}, "download":null, "files":null, "server":null, "environment":null,
            "secrets":null, "llama_server":{"path":null, "size":null, "version":null}}
        ') AS rest FROM moving WHERE serve <> 'process' AND uid NOT IN (SELECT uid FROM odd)
    )
    """,
    """
    INSERT OR IGNORE INTO model_sampling_config SELECT uid,
        document ->> '$.sampling.temperature', document ->> '$.sampling.top_k', document ->> '$.sampling.top_p',
        document ->> '$.sampling.min_p', document ->> '$.sampling.typical_p', document ->> '$.sampling.seed',
        document ->> '$.sampling.repeat_last_n', document ->> '$.sampling.repeat_penalty',
        document ->> '$.sampling.presence_penalty', document ->> '$.sampling.frequency_penalty',
        document ->> '$.sampling.mirostat', document ->> '$.sampling.mirostat_lr',
        document ->> '$.sampling.mirostat_ent', document ->> '$.sampling.ignore_eos',
        document ->> '$.sampling.samplers', document ->> '$.sampling.sampler_seq',
        document ->> '$.sampling.top_n_sigma', document ->> '$.sampling.xtc_probability',
        document ->> '$.sampling.xtc_threshold', document ->> '$.sampling.dry_multiplier',
        document ->> '$.sampling.dry_base', document ->> '$.sampling.dry_allowed_length',
        document ->> '$.sampling.dry_penalty_last_n', document ->> '$.sampling.dry_sequence_breaker',
        document ->> '$.sampling.adaptive_target', document ->> '$.sampling.adaptive_decay',
        document ->> '$.sampling.dynatemp_range', document ->> '$.sampling.dynatemp_exp',
        document ->> '$.sampling.logit_bias', document ->> '$.sampling.grammar',
        document ->> '$.sampling.grammar_file', document ->> '$.sampling.json_schema',
        document ->> '$.sampling.json_schema_file', document ->> '$.sampling.backend_sampling'
    FROM moving JOIN models USING (uid) WHERE document -> '$.sampling' <> '{}'
    """,
    """
    INSERT OR IGNORE INTO model_memory_config SELECT uid,
        document ->> '$.memory.ctx_size', document ->> '$.memory.batch_size', document ->> '$.memory.ubatch_size',
        document ->> '$.memory.keep', document ->> '$.memory.predict', document ->> '$.memory.cache_type_k',
        document ->> '$.memory.cache_type_v', document ->> '$.memory.cache_ram', document ->> '$.memory.cache_reuse',
        document ->> '$.memory.load_mode', document ->> '$.memory.kv_offload', document ->> '$.memory.swa_full',
        document ->> '$.memory.sleep_idle_seconds', document ->> '$.memory.cache_prompt',
        document ->> '$.memory.cache_idle_slots', document ->> '$.memory.ctx_checkpoints',
        document ->> '$.memory.checkpoint_min_step', document ->> '$.memory.kv_unified',
        document ->> '$.memory.kv_unified_per_slot', document ->> '$.memory.lazy_mode',
        document ->> '$.memory.repack', document ->> '$.memory.no_host'
    FROM moving JOIN models USING (uid) WHERE document -> '$.memory' <> '{}'
    """,
    """
    INSERT OR IGNORE INTO model_gpu_config SELECT uid,
        document ->> '$.gpu.layers', document ->> '$.gpu.split_mode', document ->> '$.gpu.tensor_split',
        document ->> '$.gpu.main_gpu', document ->> '$.gpu.device', document ->> '$.gpu.n_cpu_moe',
        document ->> '$.gpu.fit', document ->> '$.gpu.fit_target', document ->> '$.gpu.fit_ctx',
        document ->> '$.gpu.cpu_moe', document ->> '$.gpu.n_cpu_ffn', document ->> '$.gpu.override_tensor',
        document ->> '$.gpu.op_offload', document ->> '$.gpu.rpc'
    FROM moving JOIN models USING (uid) WHERE document -> '$.gpu' <> '{}'
    """,
    """
    INSERT OR IGNORE INTO model_advanced_config SELECT uid,
        document ->> '$.advanced.flash_attn', document ->> '$.advanced.rope_scaling',
        document ->> '$.advanced.rope_scale', document ->> '$.advanced.rope_freq_base',
        document ->> '$.advanced.yarn_orig_ctx', document ->> '$.advanced.context_shift',
        document ->> '$.advanced.warmup', document ->> '$.advanced.numa', document ->> '$.advanced.cpu_mask',
        document ->> '$.advanced.cpu_range', document ->> '$.advanced.cpu_strict', document ->> '$.advanced.prio',
        document ->> '$.advanced.poll', document ->> '$.advanced.cpu_mask_batch',
        document ->> '$.advanced.cpu_range_batch', document ->> '$.advanced.cpu_strict_batch',
        document ->> '$.advanced.prio_batch', document ->> '$.advanced.poll_batch', document ->> '$.advanced.perf',
        document ->> '$.advanced.escape', document ->> '$.advanced.rope_freq_scale',
        document ->> '$.advanced.yarn_ext_factor', document ->> '$.advanced.yarn_attn_factor',
        document ->> '$.advanced.yarn_beta_slow', document ->> '$.advanced.yarn_beta_fast',
        document ->> '$.advanced.check_tensors', document ->> '$.advanced.override_kv'
    FROM moving JOIN models USING (uid) WHERE document -> '$.advanced' <> '{}'
    """,
    """
    INSERT OR IGNORE INTO model_lora_config SELECT uid,
        document ->> '$.lora.adapters', document ->> '$.lora.scaled', document ->> '$.lora.init_without_apply',
        document ->> '$.lora.control_vector', document ->> '$.lora.control_vector_scaled'
    FROM moving JOIN models USING (uid) WHERE document -> '$.lora' <> '{}'
    """,
    """
    INSERT OR IGNORE INTO model_multimodal_config SELECT uid,
        document ->> '$.multimodal.mmproj', document ->> '$.multimodal.mmproj_url',
        document ->> '$.multimodal.mmproj_auto', document ->> '$.multimodal.mmproj_offload',
        document ->> '$.multimodal.mmproj_device', document ->> '$.multimodal.image_min_tokens',
        document ->> '$.multimodal.image_max_tokens', document ->> '$.multimodal.batch_max_tokens',
        document ->> '$.multimodal.video_fps', document ->> '$.multimodal.video_timestamp_interval',
        document ->> '$.multimodal.video_ffmpeg_dir'
    FROM moving JOIN models USING (uid) WHERE document -> '$.multimodal' <> '{}'
    """,
    """
    INSERT OR IGNORE INTO model_speculative_config SELECT uid,
        document ->> '$.speculative.model', document ->> '$.speculative.hf', document ->> '$.speculative.draft_max',
        document ->> '$.speculative.draft_min', document ->> '$.speculative.type',
        document ->> '$.speculative.draft_threads', document ->> '$.speculative.draft_threads_batch',
        document ->> '$.speculative.draft_cpu_mask', document ->> '$.speculative.draft_cpu_range',
        document ->> '$.speculative.draft_cpu_strict', document ->> '$.speculative.draft_prio',
        document ->> '$.speculative.draft_poll', document ->> '$.speculative.draft_cpu_mask_batch',
        document ->> '$.speculative.draft_cpu_strict_batch', document ->> '$.speculative.draft_prio_batch',
        document ->> '$.speculative.draft_poll_batch', document ->> '$.speculative.draft_override_tensor',
        document ->> '$.speculative.draft_cpu_moe', document ->> '$.speculative.draft_n_cpu_moe',
        document ->> '$.speculative.draft_type_k', document ->> '$.speculative.draft_type_v',
        document ->> '$.speculative.draft_p_split', document ->> '$.speculative.draft_p_min',
        document ->> '$.speculative.draft_backend_sampling', document ->> '$.speculative.draft_sampling',
        document ->> '$.speculative.draft_device', document ->> '$.speculative.draft_layers',
        document ->> '$.speculative.synth_len', document ->> '$.speculative.synth_rates',
        document ->> '$.speculative.ngram_mod_n_min', document ->> '$.speculative.ngram_mod_n_max',
        document ->> '$.speculative.ngram_mod_n_match', document ->> '$.speculative.ngram_simple_size_n',
        document ->> '$.speculative.ngram_simple_size_m', document ->> '$.speculative.ngram_simple_min_hits',
        document ->> '$.speculative.ngram_map_k_size_n', document ->> '$.speculative.ngram_map_k_size_m',
        document ->> '$.speculative.ngram_map_k_min_hits', document ->> '$.speculative.ngram_map_k4v_size_n',
        document ->> '$.speculative.ngram_map_k4v_size_m', document ->> '$.speculative.ngram_map_k4v_min_hits',
        document ->> '$.speculative.lookup_cache_static', document ->> '$.speculative.lookup_cache_dynamic'
    FROM moving JOIN models USING (uid) WHERE document -> '$.speculative' <> '{}'
    """,
    """
    INSERT INTO model_files SELECT uid, file.key, file.value ->> '$.size', file.value ->> '$.mtime_ns',
        file.value ->> '$.architecture'
    FROM moving JOIN models USING (uid), json_each(document, '$.files') AS file
    """,
    """
    INSERT OR IGNORE INTO router_config SELECT uid,
        document ->> '$.router.enabled', document ->> '$.router.host', document ->> '$.router.port',
        document ->> '$.router.models_max', document ->> '$.router.autoload',
        document ->> '$.router.health.startup_timeout', document ->> '$.router.health.startup_limit',
        document ->> '$.router.health.min_healthy', document ->> '$.router.health.drain_timeout',
        document ->> '$.router.health.stop_grace', document ->> '$.router.restart.policy',
        document ->> '$.router.restart.max_attempts', document ->> '$.router.restart.window', spec_version,
        nullif(json_remove(rest,
            iif(rest -> '$.llama_server' = '{}', '$.llama_server', '$.nothing'),
            iif(rest -> '$.router.health' = '{}', '$.router.health', '$.nothing'),
            iif(rest -> '$.router.restart' = '{}', '$.router.restart', '$.nothing'),
            iif(
                json_remove(rest, '$.router.health', '$.router.restart') -> '$.router' = '{}', '$.router', '$.nothing'
            )
        ), '{}')
    FROM (
        SELECT *, json_patch(document, '
            {"router":{"enabled":null, "host":null, "port":null, "models_max":null, "autoload":null,
            "health":{"startup_timeout":null, "startup_limit":null, "min_healthy":null, "drain_timeout":null,
            "stop_grace":null}, "restart":{"policy":null, "max_attempts":null, "window":null}}, "server":null,
            "environment":null, "secrets":null, "llama_server":{"path":null, "size":null, "version":null}}
        ') AS rest FROM moving WHERE serve = 'process' AND uid NOT IN (SELECT uid FROM odd)
    )
    """,
    """
    INSERT OR IGNORE INTO odd SELECT uid FROM moving
    WHERE uid NOT IN (SELECT uid FROM models UNION SELECT uid FROM router_config)
    """,
    """
    INSERT OR IGNORE INTO odd SELECT uid FROM moving JOIN models USING (uid)
    WHERE document -> '$.sampling' <> '{}' AND uid NOT IN (SELECT uid FROM model_sampling_config)
    """,
    """
    INSERT OR IGNORE INTO odd SELECT uid FROM moving JOIN models USING (uid)
    WHERE document -> '$.memory' <> '{}' AND uid NOT IN (SELECT uid FROM model_memory_config)
    """,
    """
    INSERT OR IGNORE INTO odd SELECT uid FROM moving JOIN models USING (uid)
    WHERE document -> '$.gpu' <> '{}' AND uid NOT IN (SELECT uid FROM model_gpu_config)
    """,
    """
    INSERT OR IGNORE INTO odd SELECT uid FROM moving JOIN models USING (uid)
    WHERE document -> '$.advanced' <> '{}' AND uid NOT IN (SELECT uid FROM model_advanced_config)
    """,
    """
    INSERT OR IGNORE INTO odd SELECT uid FROM moving JOIN models USING (uid)
    WHERE document -> '$.lora' <> '{}' AND uid NOT IN (SELECT uid FROM model_lora_config)
    """,
    """
    INSERT OR IGNORE INTO odd SELECT uid FROM moving JOIN models USING (uid)
    WHERE document -> '$.multimodal' <> '{}' AND uid NOT IN (SELECT uid FROM model_multimodal_config)
    """,
    """
    INSERT OR IGNORE INTO odd SELECT uid FROM moving JOIN models USING (uid)
    WHERE document -> '$.speculative' <> '{}' AND uid NOT IN (SELECT uid FROM model_speculative_config)
    """,
    "DELETE FROM models WHERE uid IN (SELECT uid FROM odd)",
    "DELETE FROM model_sampling_config WHERE uid IN (SELECT uid FROM odd)",
    "DELETE FROM model_memory_config WHERE uid IN (SELECT uid FROM odd)",
    "DELETE FROM model_gpu_config WHERE uid IN (SELECT uid FROM odd)",
    "DELETE FROM model_advanced_config WHERE uid IN (SELECT uid FROM odd)",
    "DELETE FROM model_lora_config WHERE uid IN (SELECT uid FROM odd)",
    "DELETE FROM model_multimodal_config WHERE uid IN (SELECT uid FROM odd)",
    "DELETE FROM model_speculative_config WHERE uid IN (SELECT uid FROM odd)",
    "DELETE FROM model_files WHERE uid IN (SELECT uid FROM odd)",
    "DELETE FROM router_config WHERE uid IN (SELECT uid FROM odd)",
    """
    INSERT INTO models (uid, name, serve, spec_version, other)
    SELECT uid, name, serve, spec_version, json_insert(document, '$.files', NULL, '$.serve', NULL)
    FROM moving JOIN odd USING (uid) WHERE serve <> 'process'
    """,
    """
    INSERT INTO router_config (uid, spec_version, other) SELECT uid, spec_version, document
    FROM moving JOIN odd USING (uid) WHERE serve = 'process'
    """,
    """
    INSERT INTO processes SELECT uid, (SELECT id FROM moving_server WHERE document = moving.document -> '$.server'),
        document -> '$.environment', document -> '$.secrets', document ->> '$.llama_server.path',
        document ->> '$.llama_server.size', document ->> '$.llama_server.version'
    FROM moving WHERE uid NOT IN (SELECT uid FROM odd) AND coalesce(
        document -> '$.server', document -> '$.environment', document -> '$.secrets', document -> '$.llama_server'
    ) IS NOT NULL
    """,
    """
    INSERT OR IGNORE INTO model_server_config SELECT NULL, 1,
        coalesce(server ->> '$.host', '127.0.0.1'), coalesce(server ->> '$.ports', '8100-8199'),
        server ->> '$.api_key.env', server ->> '$.api_key.file', server ->> '$.hf_token.env',
        server ->> '$.hf_token.file', server ->> '$.threads_http', server ->> '$.timeout',
        server ->> '$.ssl_key_file', server ->> '$.ssl_cert_file', server ->> '$.ui', server ->> '$.api_prefix',
        server ->> '$.static_path', server ->> '$.cors_origins', server ->> '$.cors_methods',
        server ->> '$.cors_headers', server ->> '$.cors_credentials', server ->> '$.ui_config',
        server ->> '$.ui_config_file', server ->> '$.ui_mcp_proxy', server ->> '$.tools',
        server ->> '$.tools_runtime', server ->> '$.mcp_servers_config', server ->> '$.agent',
        server ->> '$.sse_ping_interval', server ->> '$.props', server ->> '$.slots', server ->> '$.slot_save_path',
        server ->> '$.media_path', server ->> '$.verbosity', server ->> '$.log_prefix',
        server ->> '$.log_timestamps', server ->> '$.log_prompts_dir', NULL
    FROM (
        SELECT coalesce(spec -> '$.server', '{}') AS server FROM generations ORDER BY number DESC LIMIT 1
    ) WHERE NOT EXISTS (SELECT 1 FROM json_tree(server) AS leaf WHERE leaf.atom GLOB '*' || char(65533) || '*')
    """,
    """
    INSERT OR IGNORE INTO logging_config SELECT 1, coalesce(spec ->> '$.logging.level', 'info'),
        coalesce(spec ->> '$.logging.file.max_size', 10485760), coalesce(spec ->> '$.logging.file.max_files', 7),
        coalesce(spec ->> '$.logging.console', 1), coalesce(spec ->> '$.logging.database', 1), NULL
    FROM generations ORDER BY number DESC LIMIT 1
    """,
    "DROP TABLE moving",
    "DROP TABLE moving_server",
    "DROP TABLE odd",
)
