"""
How fast the program is, as ratios against something else that was measured in the same run, turn by turn.

`python -m benchmarks` runs all of them and writes `results.md`. Whole processes are measured, by the wall clock.
"""
