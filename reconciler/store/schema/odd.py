"""
Documents that the columns cannot take as they are: a value of another type than its setting has, or one that SQLite
reads otherwise than we do (a number of more digits than it keeps, half a surrogate pair, a NUL). GLOB reads half a
surrogate pair as U+FFFD, and a whole one as the character that it is.
"""

ODD = (
    "CREATE TABLE odd (uid TEXT PRIMARY KEY) STRICT, WITHOUT ROWID",
    """
    INSERT INTO odd SELECT DISTINCT uid FROM moving, json_tree(document) AS leaf
    WHERE leaf.path IN (
                '$', '$.sampling', '$.memory', '$.gpu', '$.advanced', '$.lora', '$.multimodal', '$.speculative',
                '$.health', '$.restart', '$.server', '$.router', '$.router.health', '$.router.restart'
        ) AND CASE
            WHEN leaf.key IN (
                'agent', 'autoload', 'backend_sampling', 'cache_idle_slots', 'cache_prompt', 'check_tensors',
                'cont_batching', 'context_shift', 'cors_credentials', 'cpu_moe', 'cpu_strict', 'cpu_strict_batch',
                'draft_backend_sampling', 'draft_cpu_moe', 'draft_cpu_strict', 'draft_cpu_strict_batch',
                'draft_poll', 'draft_poll_batch', 'embeddings', 'enabled', 'escape', 'fit', 'ignore_eos',
                'init_without_apply', 'jinja', 'kv_offload', 'kv_unified', 'log_prefix', 'log_timestamps',
                'mmproj_auto', 'mmproj_offload', 'no_host', 'offline', 'op_offload', 'perf', 'poll_batch',
                'prefill_assistant', 'props', 'protect', 'reasoning_preserve', 'repack', 'reranking',
                'skip_chat_parsing', 'slots', 'special', 'spm_infill', 'swa_full', 'ui', 'ui_mcp_proxy', 'warmup'
            ) THEN leaf.type NOT IN ('true', 'false')
            WHEN leaf.key IN (
                'batch_max_tokens', 'batch_size', 'cache_ram', 'cache_reuse', 'checkpoint_min_step',
                'ctx_checkpoints', 'ctx_size', 'draft_max', 'draft_min', 'draft_n_cpu_moe', 'draft_prio',
                'draft_prio_batch', 'draft_threads', 'draft_threads_batch', 'dry_allowed_length',
                'dry_penalty_last_n', 'embd_normalize', 'fit_ctx', 'image_max_tokens', 'image_min_tokens', 'keep',
                'kv_unified_per_slot', 'main_gpu', 'max_attempts', 'mirostat', 'models_max', 'n_cpu_ffn',
                'n_cpu_moe', 'ngram_map_k4v_min_hits', 'ngram_map_k4v_size_m', 'ngram_map_k4v_size_n',
                'ngram_map_k_min_hits', 'ngram_map_k_size_m', 'ngram_map_k_size_n', 'ngram_mod_n_match',
                'ngram_mod_n_max', 'ngram_mod_n_min', 'ngram_simple_min_hits', 'ngram_simple_size_m',
                'ngram_simple_size_n', 'parallel', 'poll', 'port', 'predict', 'prio', 'prio_batch',
                'reasoning_budget', 'repeat_last_n', 'seed', 'sleep_idle_seconds', 'sse_ping_interval', 'threads',
                'threads_batch', 'threads_http', 'timeout', 'top_k', 'ubatch_size', 'verbosity',
                'video_timestamp_interval', 'yarn_orig_ctx'
            ) THEN typeof(leaf.atom) <> 'integer'
            WHEN leaf.key IN (
                'adaptive_decay', 'adaptive_target', 'draft_p_min', 'draft_p_split', 'drain_timeout', 'dry_base',
                'dry_multiplier', 'dynatemp_exp', 'dynatemp_range', 'frequency_penalty', 'min_healthy', 'min_p',
                'mirostat_ent', 'mirostat_lr', 'presence_penalty', 'repeat_penalty', 'rope_freq_base',
                'rope_freq_scale', 'rope_scale', 'slot_prompt_similarity', 'startup_limit', 'startup_timeout',
                'stop_grace', 'synth_len', 'temperature', 'top_n_sigma', 'top_p', 'typical_p', 'video_fps', 'window',
                'xtc_probability', 'xtc_threshold', 'yarn_attn_factor', 'yarn_beta_fast', 'yarn_beta_slow',
                'yarn_ext_factor'
            ) THEN leaf.type <> 'real' OR length(document -> leaf.fullkey) > 15
            WHEN leaf.key IN (
                'api_prefix', 'cache_type_k', 'cache_type_v', 'chat_template', 'chat_template_file', 'cpu_mask',
                'cpu_mask_batch', 'cpu_range', 'cpu_range_batch', 'docker', 'draft_cpu_mask', 'draft_cpu_mask_batch',
                'draft_cpu_range', 'draft_sampling', 'draft_type_k', 'draft_type_v', 'flash_attn', 'grammar',
                'grammar_file', 'hf', 'hf_file', 'host', 'json_schema_file', 'lazy_mode', 'load', 'load_mode',
                'log_prompts_dir', 'lookup_cache_dynamic', 'lookup_cache_static', 'mcp_servers_config', 'media_path',
                'mmproj', 'mmproj_device', 'mmproj_url', 'model', 'moved_from', 'numa', 'path', 'policy', 'pooling',
                'ports', 'reasoning', 'reasoning_budget_message', 'reasoning_effort', 'reasoning_format',
                'rope_scaling', 'sampler_seq', 'slot_save_path', 'split_mode', 'ssl_cert_file', 'ssl_key_file',
                'static_path', 'tools_runtime', 'ui_config_file', 'url', 'video_ffmpeg_dir'
            ) THEN leaf.type <> 'text' OR leaf.atom GLOB '*' || char(65533) || '*'
            WHEN leaf.key IN (
                'adapters', 'aliases', 'chat_template_kwargs', 'control_vector', 'control_vector_scaled',
                'cors_headers', 'cors_methods', 'cors_origins', 'device', 'draft_device', 'draft_override_tensor',
                'dry_sequence_breaker', 'env', 'extra_args', 'fit_target', 'json_schema', 'logit_bias',
                'override_kv', 'override_tensor', 'reverse_prompt', 'rpc', 'samplers', 'scaled', 'synth_rates',
                'tags', 'tensor_split', 'tools', 'type', 'ui_config'
            ) THEN leaf.type NOT IN ('array', 'object')
            WHEN leaf.key IN ('draft_layers', 'layers') THEN leaf.type NOT IN ('integer', 'text')
        END
    """,
    """
    INSERT OR IGNORE INTO odd SELECT uid FROM moving
    WHERE instr(document, '\\u0000')
        OR document ->> '$.download' GLOB '*' || char(65533) || '*'
        OR EXISTS (
            SELECT 1 FROM json_tree(document, '$.files') AS leaf
            WHERE leaf.key GLOB '*' || char(65533) || '*' OR leaf.atom GLOB '*' || char(65533) || '*'
        )
        OR EXISTS (
            SELECT 1 FROM json_each(document, '$.llama_server') AS leaf WHERE leaf.atom GLOB '*' || char(65533) || '*'
        )
        OR serve <> 'process' AND (document -> '$.files' IS NULL OR coalesce(document ->> '$.serve', 'router') <> serve)
    """,
)
