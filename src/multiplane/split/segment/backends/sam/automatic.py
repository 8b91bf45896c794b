"""Masks of everything in a picture: a grid of points is asked, the good answers are kept.

Kirillov et al., Segment Anything, 2023 (https://arxiv.org/abs/2304.02643), section 5 and appendix
B. Semantics are those of SAM 2's own generator; what differs is said at each option.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, check_frame
from multiplane.networks.sam.image import Embedding, ImageSam
from multiplane.split.segment.backends.sam.candidates import Candidate, Sieve, thin_across
from multiplane.split.segment.backends.sam.grid import Crop, crops_of, points_of
from multiplane.split.segment.backends.sam.owners import share_out
from multiplane.split.segment.backends.sam.presets import criteria_of
from multiplane.split.segment.backends.sam.proposal import Proposal
from multiplane.split.segment.backends.sam.regions import clean_all
from multiplane.split.segment.config import AutomaticOptions
from multiplane.tensors.memory import Memory

_AT_ONCE = {"cpu": 1, "cuda": 4}
"""How many pictures are encoded together unless somebody says; beyond a GPU is busy anyway."""


class Automatic:
    """Finds everything in pictures.

    Attributes:
        memory: What was done about too little memory stands in its notes.
    """

    def __init__(
        self, sam: ImageSam, options: AutomaticOptions | None = None,
        memory: Memory | None = None, batch_size: int = 0,
    ) -> None:  # fmt: skip
        """Get ready.

        Args:
            sam: The network.
            options: How densely is asked, and what is kept.
            memory: Of the network's device.
            batch_size: Pictures that are encoded together; 0 leaves it to us.
        """
        self._sam, self._options = sam, options or AutomaticOptions()
        self._criteria = criteria_of(self._options)
        self.memory = memory or sam.memory
        self._at_once = batch_size or _AT_ONCE.get(sam.device.type, 1)

    def propose(self, frames: Sequence[Frame]) -> list[list[Proposal]]:
        """Find everything in some pictures.

        Args:
            frames: (H, W, 3) RGB each; sizes may differ. All of them are held, and embeddings of
                as many as are encoded together.

        Returns:
            Of each picture its masks. Those of one crop are sorted by predicted IoU, those of
            smaller crops come first, and after cleaning those that were clean.
        """
        options = self._options
        sizes = [(frame.shape[1], frame.shape[0]) for frame in map(check_frame, frames)]
        jobs = [
            (number, crop)
            for number, size in enumerate(sizes)
            for crop in crops_of(size, options.crop_n_layers, options.crop_overlap_ratio)
        ]
        found: list[list[Proposal]] = [[] for _ in frames]
        encoded = self._encode([_cut(frames[number], crop) for number, crop in jobs])
        for (number, crop), embedding in zip(jobs, encoded, strict=True):
            found[number] += self._ask(embedding, crop, sizes[number])
        return [self._finish(of_one) for of_one in found]

    def _encode(self, parts: Sequence[Frame]) -> Iterator[Embedding]:
        return self.memory.batched(self._sam.encode, parts, self._at_once, "frames")

    def _ask(self, embedding: Embedding, crop: Crop, size: tuple[int, int]) -> list[Proposal]:
        """All that is kept of one crop."""
        options, sam = self._options, self._sam
        points = points_of(
            crop, self._criteria.points_per_side, options.crop_n_points_downscale_factor
        )
        small = (sam.low_px, sam.low_px)
        sieve = Sieve(options, self._criteria, crop, size, small, sam.device)

        def answer(some: Sequence[NDArray[np.float32]]) -> list[list[Candidate]]:
            batch = np.stack(some)
            decoded = sam.decode(embedding, points=batch[:, None])
            return sieve.sift(batch, decoded.logits, decoded.iou)

        kept = self.memory.batched(answer, list(points), options.points_per_batch, "points")
        candidates = [candidate for of_point in kept for candidate in of_point]
        return [sieve.propose(candidate) for candidate in sieve.thin(candidates)]

    def _finish(self, proposals: list[Proposal]) -> list[Proposal]:
        """What is done with the masks of a whole picture."""
        options = self._options
        if options.crop_n_layers:
            proposals = thin_across(proposals, options.crop_nms_thresh)
        if options.min_mask_region_area and proposals:
            threshold = max(options.box_nms_thresh, options.crop_nms_thresh)
            width, height = proposals[0].packed.size
            most = options.max_mask_area_share * width * height
            proposals = clean_all(proposals, options.min_mask_region_area, threshold, most)
        return share_out(proposals) if options.fill_gaps else proposals


def _cut(frame: Frame, crop: Crop) -> Frame:
    x0, y0, x1, y1 = crop.box
    return frame[y0:y1, x0:x1]
