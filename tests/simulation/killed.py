"""How a simulated kill of our own program shows in its code."""


class Killed(BaseException):
    """Our program is gone; nothing that it still tries reaches the world. No `except Exception` may catch it."""
