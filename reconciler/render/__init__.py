"""
Values become text or plain JSON values here; nothing is printed and nothing is decided.

MUST stay pure, and MUST NOT know a terminal: colour is data, and the caller says whether it is wanted.
"""

FORMAT_VERSION = "1.0"
"""Of every JSON that this room makes; the first number rises when a reader of the old form would break."""
