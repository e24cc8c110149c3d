"""The contract of `HostInfo`."""

from tests.contracts.bench import Bench


def test_capacity_is_told_or_unknown(bench: Bench) -> None:
    facts = bench.host.facts(bench.directory)

    assert (facts.memory_total or 0) >= (facts.memory_available or 0) > 0
    assert (facts.disk_free or 0) > 0
    assert bool(facts.gpus) != bool(facts.gpu_problem)
    for gpu in facts.gpus:
        assert 0 <= gpu.memory_free <= gpu.memory_total


def test_a_folder_that_is_not_there_yet_has_the_disk_of_the_one_above(bench: Bench) -> None:
    facts, above = bench.host.facts(bench.directory / "not" / "yet"), bench.host.facts(bench.directory)

    assert (facts.disk_free is None) == (above.disk_free is None)
