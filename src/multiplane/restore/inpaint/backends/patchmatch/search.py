"""For each patch that touches the hole, the most similar patch of the known picture.

PatchMatch (Barnes et al. 2009, doi:10.1145/1531326.1531330), with all patches moving at once
instead of in scan order, so that numpy does the work: neighbours 1 and 4 patches away are asked
for their match, then ever smaller windows round the current match are tried at random.
"""

from __future__ import annotations

import numpy as np

from multiplane.core.arrays import Mask
from multiplane.restore.inpaint.backends.patchmatch.level import Floats, Indices, Level

STEPS = ((0, 1), (1, 0), (0, -1), (-1, 0))


class Field:
    """The match of every target of a level, and how far it is from it.

    Attributes:
        matches: (N,) flat places of the matched source centres.
        distances: (N,) squared distances of the descriptors; all 1 until they are measured.
    """

    def __init__(self, level: Level, matches: Indices) -> None:
        self.level = level
        self.matches = matches
        self.distances: Floats = np.ones(len(matches), np.float32)
        self._number = np.full(level.height * level.width, -1, np.int64)
        self._number[level.targets] = np.arange(len(level.targets))
        self._allowed: Mask = level.sources.ravel()

    def improve(self, rounds: int, rng: np.random.Generator) -> None:
        """Describe the targets anew and better their matches.

        Args:
            rounds: How often neighbours are asked and windows tried.
            rng: Where chance comes from.
        """
        described = self.level.describe_targets()
        self.distances = self._measure(described, np.arange(len(self.matches)), self.matches)
        for turn in range(rounds):
            for reach in (4, 1) if turn == 0 else (1,):
                for dy, dx in STEPS:
                    self._ask(described, dy * reach, dx * reach)
            self._try_windows(described, rng)

    def _ask(self, described: Floats, dy: int, dx: int) -> None:
        """Take the match of the target at (dy, dx) from here, moved back, where it is better."""
        step = dy * self.level.width + dx
        neighbours = self._number[np.clip(self.level.targets + step, 0, len(self._number) - 1)]
        mine = np.flatnonzero(neighbours >= 0)
        candidates = self.matches[neighbours[mine]] - step
        self._offer(described, mine, candidates)

    def _try_windows(self, described: Floats, rng: np.random.Generator) -> None:
        height, width = self.level.height, self.level.width
        everyone = np.arange(len(self.matches))
        reach = max(height, width) // 2
        while reach >= 1:
            ys, xs = np.divmod(self.matches, width)
            ys = ys + rng.integers(-reach, reach + 1, len(ys))
            xs = xs + rng.integers(-reach, reach + 1, len(xs))
            inside = (ys >= 0) & (ys < height) & (xs >= 0) & (xs < width)
            self._offer(described, everyone[inside], (ys * width + xs)[inside])
            reach //= 3

    def _offer(self, described: Floats, targets: Indices, candidates: Indices) -> None:
        good = (candidates >= 0) & (candidates < len(self._allowed))
        good &= self._allowed[np.where(good, candidates, 0)]
        good &= candidates != self.matches[targets]
        targets, candidates = targets[good], candidates[good]
        distances = self._measure(described, targets, candidates)
        better = distances < self.distances[targets]
        self.matches[targets[better]] = candidates[better]
        self.distances[targets[better]] = distances[better]

    def _measure(self, described: Floats, targets: Indices, candidates: Indices) -> Floats:
        difference = described[targets]
        difference -= self.level.described[candidates]
        return np.asarray(np.einsum("nd,nd->n", difference, difference), np.float32)
