"""The contract of `Clock`."""

from tests.contracts.bench import Bench


def test_sleeping_lets_both_times_go_on(bench: Bench) -> None:
    started, wall = bench.clock.monotonic(), bench.clock.now()

    bench.run(bench.clock.sleep(0.02))

    assert bench.clock.monotonic() - started >= 0.02
    assert bench.clock.now() >= wall
