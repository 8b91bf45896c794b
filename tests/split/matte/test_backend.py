from __future__ import annotations

import numpy as np
import pytest

from multiplane.core import plugins
from multiplane.split.matte.backend import BACKENDS, NeuralRefiner, Refiner
from multiplane.split.matte.config import ClosedFormMatte, GuidedMatte, VitMatteMatte
from multiplane.split.matte.trimap import UNKNOWN, make_trimap

OPTIONS = {"guided": GuidedMatte(), "closed_form": ClosedFormMatte()}
NEURAL = {"vitmatte": "vitmatte_folder"}
"""Method → the fixture with weights for it."""


def opened(kind: str, request: pytest.FixtureRequest) -> Refiner:
    if kind in NEURAL:
        options = VitMatteMatte(model=str(request.getfixturevalue(NEURAL[kind])))
        return plugins.load(BACKENDS[kind])(options, 5)
    return plugins.load(BACKENDS[kind])(OPTIONS[kind], 5)


@pytest.mark.parametrize("kind", BACKENDS)
def test_every_backend_keeps_the_contract(kind: str, drawn, request) -> None:
    refiner = opened(kind, request)
    trimap = make_trimap(drawn.mask, 5)
    before = drawn.frame.copy(), drawn.mask.copy(), trimap.copy()
    alpha = refiner.refine(drawn.frame, drawn.mask, trimap)
    assert alpha.dtype == np.float32
    assert alpha.shape == drawn.mask.shape
    assert alpha.min() >= 0
    assert alpha.max() <= 1
    after = drawn.frame, drawn.mask, trimap
    assert all(np.array_equal(one, other) for one, other in zip(after, before, strict=True))
    assert np.array_equal(alpha, refiner.refine(drawn.frame, drawn.mask, trimap))
    assert isinstance(refiner, NeuralRefiner) == (kind in NEURAL)


@pytest.mark.parametrize("kind", OPTIONS)
def test_backends_without_weights_find_the_edge(kind: str, drawn, request) -> None:
    trimap = make_trimap(drawn.mask, 5)
    alpha = opened(kind, request).refine(drawn.frame, drawn.mask, trimap)
    band = trimap == UNKNOWN
    found = np.abs(alpha - drawn.alpha)[band].mean()
    plain = np.abs(drawn.mask - drawn.alpha)[band].mean()
    assert found < 0.4 * plain
