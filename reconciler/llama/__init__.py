"""
What llama-server is: the flags that a build knows, the bytes of a model file, the answers of its endpoints,
and how it dies.

Everything here is pure. It parses text and bytes that `runtime` fetched, and fetches nothing itself; what it
does not recognise is an error that says what was expected, never a guess.
"""
