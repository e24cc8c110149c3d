"""Progress without a terminal: a line for each stage, and a sign of life from a long download."""

import pytest

from reconciler.cli.live import reporting
from reconciler.cli.output import Output
from reconciler.domain.event import Progress, Stage
from reconciler.domain.names import model_id


def test_a_long_download_is_told_again_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    with reporting(Output(no_color=True), terminal=False) as hook:
        for second in range(25):
            received = (second + 1) * 2**20
            hook(Progress(resource=model_id("a"), stage=Stage.DOWNLOADING, received=received, elapsed=second))
        hook(Progress(resource=model_id("a"), stage=Stage.LOADING))
        hook(Progress(resource=model_id("a"), stage=Stage.LOADING, fraction=0.5))

    said = [f"a: downloading {size} MiB" for size in ("1.0", "11", "21")]
    assert capsys.readouterr().err.splitlines() == [*said, "a: loading"]
