from __future__ import annotations

import numpy as np
import pytest

from multiplane.core.errors import BackendError
from multiplane.split.matte.backends import closed_form
from multiplane.split.matte.backends.closed_form import ClosedFormRefiner
from multiplane.split.matte.config import ClosedFormMatte
from multiplane.split.matte.trimap import UNKNOWN, make_trimap

CLOSED_FORM_ERROR = 0.03527


def test_its_quality_is_kept(drawn) -> None:
    trimap = make_trimap(drawn.mask, 5)
    alpha = ClosedFormRefiner(ClosedFormMatte(), 5).refine(drawn.frame, drawn.mask, trimap)
    assert np.abs(alpha - drawn.alpha)[trimap == UNKNOWN].mean() < CLOSED_FORM_ERROR * 1.01


def test_what_the_library_raises_leaves_as_our_error(drawn, monkeypatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("no convergence")

    monkeypatch.setattr(closed_form, "estimate_alpha_cf", fail)
    refiner = ClosedFormRefiner(ClosedFormMatte(), 5)
    with pytest.raises(BackendError, match="120x96 px: no convergence") as caught:
        refiner.refine(drawn.frame, drawn.mask, make_trimap(drawn.mask, 5))
    assert "method.kind: guided" in caught.value.fix
    assert isinstance(caught.value.__cause__, ValueError)
