"""
A computer that is a value: the real program runs on it, on virtual time, in one process, the same for the same seed.

`host.SimulatedHost` is the machine; it outlives our program. `program.Program` is one life of ours on it, with a
`World` of simulated ports, and can be killed at any of them.
"""
