"""Closed-form matting by PyMatting: slower, exact where the trimap is."""

from __future__ import annotations

import warnings

import numpy as np
from pymatting import estimate_alpha_cf

from multiplane.core.arrays import Alpha, Frame, Mask
from multiplane.core.compute import Compute
from multiplane.core.errors import BackendError
from multiplane.split.matte.config import ClosedFormMatte
from multiplane.split.matte.trimap import Trimap


class ClosedFormRefiner:
    """Closed-form matting (Levin, Lischinski, Weiss 2008, doi:10.1109/TPAMI.2007.1177)."""

    workers = 1

    def __init__(
        self, options: ClosedFormMatte, edge_px: int, compute: Compute | None = None
    ) -> None:
        self._options = options

    def refine(self, frame: Frame, mask: Mask, trimap: Trimap) -> Alpha:
        """Estimate the alpha in the unknown band; see :class:`Refiner`.

        Raises:
            BackendError: The solver did not arrive.
        """
        known = np.select([trimap == 0, trimap == 255], [0.0, 1.0], 0.5)
        try:
            with warnings.catch_warnings():
                # Thresholded preconditioner columns are tried again by the library itself.
                warnings.simplefilter("ignore")
                alpha = estimate_alpha_cf(
                    frame.astype(np.float64) / 255,
                    known,
                    laplacian_kwargs={"epsilon": self._options.epsilon},
                    cg_kwargs={"maxiter": self._options.max_iterations},
                )
        except (ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
            raise BackendError(
                f"closed-form matting failed on {frame.shape[1]}x{frame.shape[0]} px: {error}",
                why="its linear system could not be solved to the wanted accuracy",
                fix="raise method.max_iterations or method.epsilon, or use method.kind: guided",
            ) from error
        return np.asarray(np.clip(alpha, 0, 1), np.float32)
