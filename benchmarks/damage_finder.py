"""How much of drawn damage the damage finder finds, and what it takes for damage in clean pictures.

    python benchmarks/damage_finder.py [--media FOLDER] [--seeds 6]

Damage is drawn by ``tests/support/drawn_damage.py`` on two drawn grounds and, with ``--media``, on
the pictures that lie in that folder: cracks, losses and stains together. Found and true pixels
count as the same within a px. A picture larger than 1100 px is halved first.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from dated import write_report
from multiplane.core.arrays import Frame, Mask
from multiplane.measure.region import grow
from multiplane.media.images import read_frame
from multiplane.restore.damage.config import DamageOptions
from multiplane.restore.damage.find import KINDS, find_damage

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
from drawn_damage import brush_strokes, draw_damage, plaster_wall

PICTURES = ("starry_night.jpg", "fruits.jpg", "coffee.png", "astronaut.png", "aloeL.jpg")
SENSITIVITIES = (0.3, 0.5, 0.7)
SHAPE = (600, 752)


def grounds(media: Path | None) -> Iterator[tuple[str, Frame]]:
    """Name and picture."""
    yield "drawn: plain wall", plaster_wall(SHAPE)
    yield "drawn: brush strokes", brush_strokes(SHAPE)
    for name in PICTURES if media else ():
        if (media / name).exists():
            frame = read_frame(media / name)
            if max(frame.shape) > 1100:
                frame = cv2.resize(frame, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
            yield name, frame


def agreement(found: Mask, true: Mask) -> tuple[float, float, float]:
    """Recall, precision (not a number when nothing was found) and IoU, within a px."""
    hit, right = int((true & grow(found, 1)).sum()), int((found & grow(true, 1)).sum())
    missed, wrong = int(true.sum()) - hit, int(found.sum()) - right
    precision = right / (right + wrong) if found.any() else np.nan
    return hit / int(true.sum()), precision, hit / (hit + missed + wrong)


def row(name: str, frame: Frame, seeds: int, sensitivity: float) -> list[str]:
    """The cells of one picture at one sensitivity."""
    options = DamageOptions(**{f"{k}_sensitivity": sensitivity for k in ("crack", "loss", "stain")})
    clean = find_damage(frame, options)
    figures: dict[str, list[tuple[float, float, float]]] = {kind: [] for kind in KINDS}
    began = time.perf_counter()
    for seed in range(seeds):
        damaged, _, kinds = draw_damage(frame, seed)
        found = find_damage(damaged, options)
        for kind in KINDS:
            if kinds[kind].any():
                figures[kind].append(agreement(found.kinds[kind], kinds[kind]))
    seconds = (time.perf_counter() - began) / seeds / frame.size * 3e6
    cells = [name, f"{sensitivity:g}"]
    for kind in KINDS:
        taken = np.array(figures[kind])
        known = taken[np.isfinite(taken[:, 1]), 1]
        precision = f"{known.mean():.2f}" if known.size else "-"
        cells.append(f"{taken[:, 0].mean():.2f} / {precision} / {taken[:, 2].mean():.2f}")
        cells.append(f"{100 * clean.kinds[kind].mean():.2f}")
    return [*cells, f"{seconds:.2f}"]


def main() -> None:
    """Run it and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--media", type=Path, default=None)
    parser.add_argument("--seeds", type=int, default=6)
    given = parser.parse_args()
    rows = []
    for name, frame in grounds(given.media):
        for sensitivity in SENSITIVITIES:
            rows.append(row(name, frame, given.seeds, sensitivity))
            print("  ".join(rows[-1]))
    head = ["picture", "sensitivity"]
    for kind in KINDS:
        head += [kind, "on the clean picture, %"]
    table = [[*head, "s a megapixel"], ["---"] * (len(head) + 1), *rows]
    body = f"""
{given.seeds} times 4 cracks, 3 losses and 2 stains drawn on each picture, looked for together. Each
kind: recall / precision / IoU, mean over the drawings; precision over those in which anything was
found. Beside it the share of the picture that is taken for that kind where nothing was drawn: white
cups and collars are losses to it, long dark outlines cracks. Photographs are no paintings; they are
here because their shadows, outlines and white things are what misleads it. Other work may have run
beside: the times are upper bounds.

{chr(10).join("| " + " | ".join(cells) + " |" for cells in table)}
"""
    write_report(
        "damage_finder",
        "The damage finder on drawn damage",
        body,
        ("opencv-python-headless", "scikit-image"),
    )


if __name__ == "__main__":
    main()
