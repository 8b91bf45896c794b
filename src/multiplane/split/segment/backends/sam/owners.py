"""Every pixel one owner: masks that neither overlap nor leave gaps."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from multiplane.split.segment.backends.sam.proposal import Proposal


def share_out(proposals: Sequence[Proposal]) -> list[Proposal]:
    """Give each pixel of a picture to one mask.

    Where masks overlap the one with the higher predicted IoU has the pixel (of equal ones the
    earlier); a pixel that no mask has goes to the mask that the nearest owned pixel belongs to.

    Args:
        proposals: Of one picture.

    Returns:
        Those that own something, in the order given; together they are the picture. None when
        there was no mask with a pixel.
    """
    owned = [n for n, proposal in enumerate(proposals) if proposal.area_px]
    if not owned:
        return []
    width, height = proposals[owned[0]].packed.size
    owners = np.full((height, width), -1, np.int32)
    for n in sorted(owned, key=lambda n: (proposals[n].predicted_iou, -n)):
        x0, y0, x1, y1 = proposals[n].box
        owners[y0:y1, x0:x1][proposals[n].packed.inside()] = n
    gaps = owners < 0
    if gaps.any():
        _, nearest = cv2.distanceTransformWithLabels(
            gaps.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
        )
        table = np.zeros(int(nearest.max()) + 1, np.int32)
        table[nearest[~gaps]] = owners[~gaps]
        owners[gaps] = table[nearest[gaps]]
    shared = ((proposals[n], owners == n) for n in owned)
    return [proposal.with_mask(mask) for proposal, mask in shared if mask.any()]
