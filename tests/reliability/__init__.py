"""What must hold whatever happens, and which tests prove it: the source of docs/reliability.md."""
