"""How much nearer to the truth a repair comes by being brought into light and grain.

    python benchmarks/artwork_harmonise.py [--media FOLDER] [--seeds 3]

Holes are drawn by ``tests/support/drawn_damage.py`` on two drawn grounds and, with ``--media``, on
the pictures that lie in that folder. A repair is painted that is known to be wrong in one way: the
true pixels in another colour, blurred, without their grain; it goes through ``harmonise`` as that
of a backend does. A picture larger than 1100 px is halved first.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from damage_finder import grounds
from dated import write_report
from multiplane.core.arrays import Frame, Mask
from multiplane.measure.region import grow
from multiplane.restore.candidates.harmonise import harmonise
from multiplane.restore.inpaint.propose import Proposal

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
from drawn_damage import draw_damage

Picture = NDArray[np.float32]
RING_PX = 24
SHIFT = np.array([9, -6, 5], np.float32)
GRAIN = 4.0


class Oracle(NamedTuple):
    """A way to be wrong.

    Attributes:
        name: Of the row.
        grainy: Whether grain is laid over the picture first.
        painted: What is painted, of the true picture and of it without grain.
    """

    name: str
    grainy: bool
    painted: Callable[[Picture, Picture], Picture]


def _veiled(truth: Picture) -> Picture:
    """In light that changes over the picture."""
    rows, columns = np.mgrid[: truth.shape[0], : truth.shape[1]] / max(truth.shape[:2])
    off = np.dstack([12 * columns - 4, 8 * rows - 6, 6 - 12 * columns])
    return np.asarray(truth + off, np.float32)


def _blurred(picture: Picture, sigma: float) -> Picture:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.float32)


ORACLES = (
    Oracle("nothing", False, lambda truth, _: truth),
    Oracle("colour shifted", False, lambda truth, _: truth + SHIFT),
    Oracle("light that changes", False, lambda truth, _: _veiled(truth)),
    Oracle("less contrast", False, lambda truth, _: (truth - 128) * np.float32(0.85) + 128),
    Oracle("blurred, 2 px, and shifted", False, lambda truth, _: _blurred(truth, 2) + SHIFT),
    Oracle("blurred, 6 px", False, lambda truth, _: _blurred(truth, 6)),
    Oracle("grain lost", True, lambda _, plain: plain),
    Oracle("grain lost, and shifted", True, lambda _, plain: plain + SHIFT),
)


class Figures(NamedTuple):
    """How far from the truth a repair is.

    Attributes:
        error: Mean of absolute differences in the hole, levels.
        low: The same of what is coarser than 3 px.
        border: The same at the hole's outermost pixels.
        fine: Power of what is finer than 1 px, against that of the truth.
    """

    error: float
    low: float
    border: float
    fine: float


def measure(repair: Picture, truth: Picture, hole: Mask) -> Figures:
    """Compare a repair with what stood there."""
    off = repair - truth
    inside = hole.astype(np.float32)
    near = np.maximum(cv2.GaussianBlur(inside, (0, 0), 3), 1e-3)[..., None]
    low = cv2.GaussianBlur(off * inside[..., None], (0, 0), 3) / near
    depth = cv2.distanceTransform(hole.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    powers = [np.square((one - _blurred(one, 1))[depth > 3]).mean() for one in (repair, truth)]
    return Figures(
        float(np.abs(off)[hole].mean()),
        float(np.abs(low)[hole].mean()),
        float(np.abs(off)[hole & (depth < 1.5)].mean()),
        float(powers[0] / max(powers[1], 1e-9)),
    )


def both(frame: Frame, oracle: Oracle, seed: int, rim: bool = False) -> tuple[Figures, Figures]:
    """Before and after; with ``rim`` the mask is drawn 1 px too tight."""
    damaged, damage, _ = draw_damage(frame, seed, stains=0)
    hole = damage if rim else grow(damage, 1)
    plain = frame.astype(np.float32)
    noise = np.random.default_rng(seed).normal(0, GRAIN, plain.shape)
    truth = np.asarray(np.rint(np.clip(plain + noise * oracle.grainy, 0, 255)), np.float32)
    seen = damaged.astype(np.float32) if rim else truth
    ground = np.where(hole[..., None], damaged.astype(np.float32), seen)
    painted = np.clip(oracle.painted(truth, plain), 0, 255)
    where = grow(hole, RING_PX)
    proposal = Proposal(where, painted[where], "oracle")
    told = harmonise(ground, hole, ~hole, proposal, True, True, seed)
    after = painted.copy()
    after[hole] = np.clip(told, 0, 255)
    return measure(painted, truth, hole), measure(after, truth, hole)


def rows(media: Path | None, seeds: int) -> Iterator[list[str]]:
    """The cells of the table."""
    tight = Oracle("nothing, the mask too tight", False, lambda truth, _: truth)
    for name, frame in grounds(media):
        for oracle in (*ORACLES, tight):
            found = [both(frame, oracle, seed, oracle is tight) for seed in range(seeds)]
            before, after = np.array(found).mean(axis=0)
            cells = [f"{a:.2f} → {b:.2f}" for a, b in zip(before, after, strict=True)]
            yield [name, oracle.name, *cells]


def main() -> None:
    """Run it and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--media", type=Path, default=None)
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    table = [
        ["picture", "what is wrong", "error", "coarse error", "error at the border", "fine power"]
    ]
    table.append(["---"] * len(table[0]))
    for row in rows(given.media, given.seeds):
        table.append(row)
        print("  ".join(row))
    body = f"""
{given.seeds} times 4 cracks and 3 losses drawn on each picture. Painted is the truth, wrong in one
way; what is known of the picture lies round it as a backend with an autoencoder gives it back.
Before → after light and grain were matched, means over the drawings: error, levels of 255 in the
hole; the same of what is coarser than 3 px, and at the outermost pixels; power of what is finer
than 1 px against the truth's, at most 1 being wanted. Grain is drawn by chance: it comes near in
power, and away in levels. Where the mask is too tight, dark rims of cracks stand round the hole.

{chr(10).join("| " + " | ".join(cells) + " |" for cells in table)}
"""
    write_report(
        "artwork_harmonise", "Light and grain of repairs, against the truth", body,
        ("opencv-python-headless", "scipy"),
    )  # fmt: skip


if __name__ == "__main__":
    main()
