"""A part of the soak; ``make soak`` runs the whole."""

from pathlib import Path

import pytest

from tests.servers.soak import soak


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
def test_many_people_and_many_faults_lose_and_revive_no_session(kind: str, tmp_path: Path) -> None:
    run = soak(kind, requests=1_200, people=30, rate=50, folder=tmp_path)
    assert run.faults() == {}
    assert run.found["200"] > 1_000
    assert run.found["times that all tokens ended"] > 1
