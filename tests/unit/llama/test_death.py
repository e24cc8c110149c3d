from pathlib import Path

import pytest

from reconciler.llama.death import CauseKind, cause_of_death

LOGS = Path(__file__).parents[3] / "tests/fixtures/llama-server/logs"


@pytest.mark.parametrize(
    ("log", "kind", "word"),
    [
        ("flag_unknown", CauseKind.FLAG_UNKNOWN, "--no-such-flag"),
        ("flag_removed", CauseKind.FLAG_UNKNOWN, "use --spec-draft-n-max"),
        ("flag_value", CauseKind.FLAG_VALUE, "--ctx-size"),
        ("router_unknown_key", CauseKind.FLAG_UNKNOWN, "'bogus'"),
        ("file_missing", CauseKind.FILE_MISSING, "missing.gguf"),
        ("lora_missing", CauseKind.FILE_MISSING, "nope.gguf"),
        ("mmproj_missing", CauseKind.FILE_MISSING, "nope.gguf"),
        ("file_empty", CauseKind.BAD_MAGIC, "failed to read magic"),
        ("bad_magic", CauseKind.BAD_MAGIC, "'PK??', expected 'GGUF'"),
        ("bad_version", CauseKind.MODEL_UNUSABLE, "version 9"),
        ("unknown_arch", CauseKind.MODEL_UNUSABLE, "'llemo'"),
        ("truncated", CauseKind.MODEL_UNUSABLE, "'output.weight' data is not within the file bounds"),
        ("cut_header", CauseKind.MODEL_UNUSABLE, "failed to read key-value pairs"),
        ("port_in_use", CauseKind.PORT_IN_USE, "port: 18557"),
        ("out_of_memory", CauseKind.OUT_OF_MEMORY, "std::bad_alloc"),
        ("download_404", CauseKind.DOWNLOAD_FAILED, "/none.gguf' failed with status code: 404"),
        (
            "download_cut",
            CauseKind.DOWNLOAD_FAILED,
            "status code: -1; nobody answered there, or the connection was cut",
        ),
        (
            "download_no_tls",
            CauseKind.DOWNLOAD_FAILED,
            "HTTPS is not supported. Please rebuild with one of:; this build",
        ),
        ("hf_no_file", CauseKind.DOWNLOAD_FAILED, "file 'none.gguf' not found in repository"),
        ("hf_no_repository", CauseKind.DOWNLOAD_FAILED, "GET failed (404)"),
    ],
)
def test_the_cause_of_a_real_death_is_read_from_its_log(log: str, kind: CauseKind, word: str) -> None:
    text = (LOGS / f"{log}.log").read_text()

    cause = cause_of_death(text, 1, None)

    assert cause.kind is kind
    assert word in cause.message
    assert not cause.message.startswith("0.")
    assert cause.lines[-1] in text


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (
            "ggml_backend_cuda_buffer_type_alloc_buffer: cudaMalloc failed: out of memory",
            CauseKind.OUT_OF_MEMORY,
        ),
        ("ggml_vulkan: Device memory allocation failed: ErrorOutOfDeviceMemory", CauseKind.OUT_OF_MEMORY),
        ("terminate called after throwing: vk::DeviceLostError: ErrorDeviceLost", CauseKind.GPU_LOST),
        ("CUDA error: unspecified launch failure", CauseKind.GPU_LOST),
        ("CUDA error: out of memory", CauseKind.OUT_OF_MEMORY),
        ("the server is built without SSL support", CauseKind.FLAG_VALUE),
    ],
)
def test_the_words_that_no_fixture_has_are_known(line: str, kind: CauseKind) -> None:
    cause = cause_of_death(f"0.01.000.000 I srv  main: hello\n{line}\n", None, 6)

    assert (cause.kind, cause.message) == (kind, line)


def test_what_a_router_passes_on_of_its_child_loses_its_prefix() -> None:
    cause = cause_of_death("[43210] 0.00.004.656 E gguf_init: failed to open GGUF file 'a' (x)\n", 1, None)

    assert cause.message == "gguf_init: failed to open GGUF file 'a' (x)"


@pytest.mark.parametrize(
    ("exit_code", "signal", "kind", "message"),
    [
        (None, 9, CauseKind.KILLED, "ended by SIGKILL; the kernel does that too when memory runs out"),
        (None, 15, CauseKind.KILLED, "ended by SIGTERM"),
        (None, 11, CauseKind.KILLED, "ended by SIGSEGV"),
        (None, 64, CauseKind.KILLED, "ended by signal 64"),
        (0, None, CauseKind.EXITED, "exited with code 0"),
        (3, None, CauseKind.EXITED, "exited with code 3: srv  main: it hurts"),
        (None, None, CauseKind.UNKNOWN, "srv  main: it hurts"),
    ],
)
def test_without_a_telling_line_the_numbers_speak(
    exit_code: int | None, signal: int | None, kind: CauseKind, message: str
) -> None:
    log = "0.00.000.001 E srv  main: it hurts\n0.00.000.002 I srv  main: cleaning up\n"

    cause = cause_of_death(log, exit_code, signal)

    assert (cause.kind, cause.message) == (kind, message)


@pytest.mark.parametrize("log", ["grammar_b10434", "grammar_b11434"])
def test_an_exception_that_nobody_caught_is_the_cause_whatever_a_debugger_says(log: str) -> None:
    """b10434 has gdb print a backtrace, where there is one; its sources are no file that is missing."""
    cause = cause_of_death((LOGS / f"{log}.log").read_text(), None, 6)

    assert (cause.kind, cause.message) == (CauseKind.KILLED, "ended by SIGABRT: failed to parse grammar")
    assert "parse: error parsing grammar: expecting ')' at " in cause.lines


@pytest.mark.parametrize(
    ("what", "kind"),
    [("vk::Queue::submit: ErrorDeviceLost", CauseKind.GPU_LOST), ("std::bad_alloc", CauseKind.OUT_OF_MEMORY)],
)
def test_an_exception_counts_more_than_what_was_said_before_it(what: str, kind: CauseKind) -> None:
    log = f"0.01.000.000 E gguf_init: failed to open GGUF file 'a'\nterminate called\n  what():  {what}\n"

    cause = cause_of_death(log, None, 6)

    assert (cause.kind, cause.message) == (kind, what)


def test_the_backtrace_of_a_debugger_is_not_the_last_word() -> None:
    log = "it hurts\n[New LWP 7]\n#0  0x00 in main () at a.c:3\nwarning: 30\t../a.c: No such file or directory\n"

    assert cause_of_death(log, 1, None).message == "exited with code 1: it hurts"


def test_a_signal_from_outside_is_the_cause_whatever_the_log_says() -> None:
    log = (LOGS / "out_of_memory.log").read_text()

    assert cause_of_death(log, None, 15).kind is CauseKind.KILLED


def test_a_silent_end_is_unknown() -> None:
    cause = cause_of_death("", None, None)

    assert (cause.kind, cause.message, cause.lines) == (CauseKind.UNKNOWN, "it ended and left no word", ())


def test_a_build_for_another_cpu_is_told_from_a_bug() -> None:
    assert "this CPU does not have" in cause_of_death("loading", None, 4).message
