"""Prints docs/reliability.md."""

from tests.reliability.collecting import proofs
from tests.reliability.page import page
from tests.reliability.soak_text import soak_text

print(page(proofs()) + soak_text(), end="")  # noqa: T201 - the page
