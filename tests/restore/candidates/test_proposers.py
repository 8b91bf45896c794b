from __future__ import annotations

import pytest

from multiplane.core.compute import Compute
from multiplane.core.errors import MultiplaneError, WeightsError
from multiplane.restore.candidates import proposers as module
from multiplane.restore.candidates.proposers import Proposers
from multiplane.restore.inpaint.config import LamaOptions, OpenCvOptions, PatchMatchOptions


def test_each_backend_is_loaded_once(monkeypatch: pytest.MonkeyPatch, painted: type) -> None:
    loaded = []

    def open_proposer(options: object, compute: Compute) -> object:
        loaded.append((options, compute))
        if isinstance(options, LamaOptions):
            raise WeightsError("big-lama is broken", fix="multiplane models pull big-lama")
        return painted()

    monkeypatch.setattr(module, "open_proposer", open_proposer)
    compute = Compute(device="cpu")
    backends = Proposers(compute)
    first = backends.get(OpenCvOptions())
    assert backends.get(OpenCvOptions()) is first
    assert first.notes == ("loaded slowly",)
    assert backends.get(OpenCvOptions(radius_px=9)) is not first
    for _ in range(2):
        with pytest.raises(MultiplaneError, match="big-lama is broken"):
            backends.get(LamaOptions())
    assert [options for options, _ in loaded] == [
        OpenCvOptions(), OpenCvOptions(radius_px=9), LamaOptions(),
    ]  # fmt: skip
    assert {told for _, told in loaded} == {compute}


def test_backends_without_a_network_open() -> None:
    assert Proposers().get(PatchMatchOptions()).proposer.seeded
    assert not Proposers().get(OpenCvOptions()).proposer.seeded
