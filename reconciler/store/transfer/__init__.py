"""
A store as text: one JSON document a line, to look through, to compare, and to carry elsewhere.

The first line says what follows, then each row is a line of its own with its table, and the last line counts them, so
that a file which was cut off is told from a whole one. Nothing is lost: bytes and numbers that JSON cannot hold for
every reader are written as `{"blob": …}`, `{"int": …}`, `{"real": …}` and `{"text": …}`.
"""
