"""
The tables and columns that any vintage of the dashboard made: what is not here is unknown.

Names as `CREATE TABLE` and `ALTER TABLE` of the dashboard's own code wrote them, in lower case.
"""

from typing import Final

_ROW = "id model_id created_at updated_at"
_KEY_VALUE = "key value updated_at"

_CORE = (
    "id name type status model_path model_url docker_repo hf_repo hf_repo_draft hf_file hf_file_v hf_token ctx_size "
    "predict batch_size ubatch_size n_parallel cont_batching threads threads_batch cpu_mask cpu_range cpu_strict "
    "cpu_mask_batch cpu_range_batch cpu_strict_batch priority priority_batch file_size_bytes fit_params_available "
    "last_fit_params_check created_at updated_at"
)
_SAMPLING = (
    "temperature top_k top_p min_p top_nsigma xtc_probability xtc_threshold typical_p repeat_last_n repeat_penalty "
    "presence_penalty frequency_penalty dry_multiplier dry_base dry_allowed_length dry_penalty_last_n "
    "dry_sequence_breaker dynatemp_range dynatemp_exp mirostat mirostat_lr mirostat_ent samplers sampler_seq seed "
    "grammar grammar_file json_schema json_schema_file ignore_eos escape rope_scaling_type rope_scale rope_freq_base "
    "rope_freq_scale yarn_orig_ctx yarn_ext_factor yarn_attn_factor yarn_beta_slow yarn_beta_fast flash_attn logit_bias"
)
_MEMORY = "cache_ram cache_type_k cache_type_v mmap mlock numa defrag_thold"
_GPU = "device list_devices gpu_layers split_mode tensor_split main_gpu kv_offload repack no_host"
_ADVANCED = (
    "swa_full override_tensor cpu_moe n_cpu_moe kv_unified pooling context_shift rpc offline override_kv op_offload "
    "fit fit_target fit_ctx check_tensors sleep_idle_seconds polling polling_batch reasoning_format reasoning_budget "
    "custom_params"
)
_LORA = (
    "lora lora_scaled control_vector control_vector_scaled control_vector_layer_range model_draft model_url_draft "
    "ctx_size_draft threads_draft threads_batch_draft draft_max draft_min draft_p_min cache_type_k_draft "
    "cache_type_v_draft cpu_moe_draft n_cpu_moe_draft n_gpu_layers_draft device_draft spec_replace"
)
_MULTIMODAL = "mmproj mmproj_url mmproj_auto mmproj_offload image_min_tokens image_max_tokens"
_SERVER = (
    "host port api_prefix path webui webui_config_file no_webui embeddings reranking api_key api_key_file ssl_key_file "
    "ssl_cert_file timeout threads_http cache_reuse metrics_enabled props_enabled slots_enabled slot_save_path "
    "media_path models_dir models_preset models_max models_autoload jinja chat_template chat_template_file "
    "chat_template_kwargs prefill_assistant ctx_checkpoints verbose_prompt warmup spm_infill log_disable log_file "
    "log_colors log_verbose log_prefix log_timestamps"
)
_OF_JAVASCRIPT = (
    "parameters file_size params quantization embedding_size block_count head_count head_count_kv ffn_dim file_type "
    "favorite"
)
_WIDE = f"{_SAMPLING} {_MEMORY} {_GPU} {_ADVANCED} {_LORA} {_MULTIMODAL} {_SERVER}"

_DECLARED: Final = {
    "models": f"{_CORE} {_WIDE} {_OF_JAVASCRIPT}",
    "model_sampling_config": f"{_ROW} {_SAMPLING} dynatemp_exponent mirostat_eta mirostat_tau",
    "model_memory_config": f"{_ROW} {_MEMORY}",
    "model_gpu_config": f"{_ROW} {_GPU}",
    "model_advanced_config": f"{_ROW} {_ADVANCED}",
    "model_lora_config": f"{_ROW} {_LORA}",
    "model_multimodal_config": f"{_ROW} {_MULTIMODAL}",
    "model_fit_params": f"{_ROW} recommended_ctx_size recommended_gpu_layers recommended_tensor_split file_size_bytes "
    "quantization_type parameter_count architecture context_window fit_params_analyzed_at fit_params_success "
    "fit_params_error fit_params_raw_output projected_cpu_memory_mb projected_gpu_memory_mb",
    "model_server_config": f"id created_at updated_at {_SERVER}",
    "metrics_history": "id timestamp cpu_usage memory_usage disk_usage gpu_usage gpu_temperature gpu_memory_used "
    "gpu_memory_total gpu_power_usage active_models uptime requests_per_minute created_at",
    "metrics": "id cpu_usage memory_usage disk_usage gpu_usage gpu_temperature gpu_memory_used gpu_memory_total "
    "gpu_power_usage swap_usage active_models uptime requests_per_minute timestamp",
    "logs": "id level message source context timestamp",
    "model_templates": "id name config created_at",
    "metadata": _KEY_VALUE,
    "server_config": "key value",
    "router_config": _KEY_VALUE,
    "logging_config": _KEY_VALUE,
    "migration_backup_004": "id source_table source_key original_value migrated_at",
}

KNOWN: Final = {table: frozenset(columns.split()) for table, columns in _DECLARED.items()}
