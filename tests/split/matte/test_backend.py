from __future__ import annotations

import numpy as np
import pytest

from multiplane.core import plugins
from multiplane.split.matte.backend import BACKENDS, Refiner
from multiplane.split.matte.config import ClosedFormMatte, GuidedMatte
from multiplane.split.matte.trimap import UNKNOWN, make_trimap

OPTIONS = {"guided": GuidedMatte(), "closed_form": ClosedFormMatte()}


@pytest.mark.parametrize("kind", BACKENDS)
def test_every_backend_keeps_the_contract(kind: str, drawn) -> None:
    refiner: Refiner = plugins.load(BACKENDS[kind])(OPTIONS[kind], 5)
    trimap = make_trimap(drawn.mask, 5)
    before = drawn.frame.copy()
    alpha = refiner.refine(drawn.frame, drawn.mask, trimap)
    assert alpha.dtype == np.float32
    assert alpha.shape == drawn.mask.shape
    assert alpha.min() >= 0
    assert alpha.max() <= 1
    assert np.array_equal(drawn.frame, before)
    band = trimap == UNKNOWN
    found = np.abs(alpha - drawn.alpha)[band].mean()
    plain = np.abs(drawn.mask - drawn.alpha)[band].mean()
    assert found < 0.4 * plain
    assert np.array_equal(alpha, refiner.refine(drawn.frame, drawn.mask, trimap))
