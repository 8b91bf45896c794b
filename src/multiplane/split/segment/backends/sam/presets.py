"""What the presets of automatic masks stand for."""

from __future__ import annotations

from dataclasses import dataclass

from multiplane.split.segment.config import AutomaticOptions


@dataclass(frozen=True)
class Criteria:
    """How densely is asked and how sure an answer has to be.

    Attributes:
        points_per_side: Along each side of the grid.
        pred_iou: Masks whose predicted IoU is not above are dropped.
        stability: Masks whose stability is below are dropped.
    """

    points_per_side: int
    pred_iou: float
    stability: float


PRESETS = {
    "upstream": Criteria(32, 0.8, 0.95),
    "conservative": Criteria(20, 0.76, 0.86),
    "optimized": Criteria(32, 0.7, 0.8),
}
"""``upstream`` is SAM 2's own; the others are what a maker of data sets used before and after he
had tuned it for cartoons: more, and less perfect, masks."""


def criteria_of(options: AutomaticOptions) -> Criteria:
    """The preset, with the single values that were given in its place.

    Args:
        options: Any.

    Returns:
        What is asked and demanded.
    """
    preset = PRESETS[options.preset]
    side, iou = options.points_per_side, options.pred_iou_thresh
    stability = options.stability_score_thresh
    return Criteria(
        preset.points_per_side if side is None else side,
        preset.pred_iou if iou is None else iou,
        preset.stability if stability is None else stability,
    )
