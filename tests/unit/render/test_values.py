import pytest

from reconciler.render import values
from reconciler.render.layout import columns, text, width


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "(default)"),
        (True, "true"),
        (0.7, "0.7"),
        ("q8_0", "q8_0"),
        ("", '""'),
        (" x", '" x"'),
        ("a\nb", '"a\\nb"'),
        (["a", 1], '["a", 1]'),
        ("/srv/" + "x" * 100 + "/end.gguf", "/srv/" + "x" * 30 + "…" + "x" * 27 + "/end.gguf"),
    ],
    ids=repr,
)
def test_a_value_is_one_line_as_yaml_would_take_it(value: object, shown: str):
    assert values.setting(value) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.2, "under 1 s"), (41.3, "41 s"), (119, "119 s"), (600, "10 min"), (7200, "2 h"), (200_000, "2 d")],
)
def test_durations_have_two_digits(seconds: float, shown: str):
    assert values.duration(seconds) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (30 * 2**20, "30 MiB"), (2**45, "32.0 TiB")],
)
def test_sizes_use_the_unit_with_few_digits(count: int, shown: str):
    assert values.size(count) == shown


def test_columns_line_up_behind_wide_letters():
    assert width("模型") == 4
    assert text(columns([("模型", "x"), ("ab", "y")])) == "模型  x\nab    y\n"
