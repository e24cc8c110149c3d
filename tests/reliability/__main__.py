"""Prints docs/reliability.md."""

from tests.reliability.collecting import proofs
from tests.reliability.page import page

print(page(proofs()), end="")  # noqa: T201 - the page
