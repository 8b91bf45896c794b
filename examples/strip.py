"""A picture of a run: frames, cut-outs and backgrounds side by side.

python examples/strip.py multiplane-demo docs/demo.jpg 12 60 131
"""

import sys
from pathlib import Path

import cv2
import numpy as np

from multiplane.core.errors import InputError, MultiplaneError
from multiplane.engine.report.read import read_run
from multiplane.media.images import read_alpha, read_frame

PLANES = ("frames", "alphas", "backgrounds")
WIDTH, GAP, CHECKER = 560, 6, 14


def small(picture: np.ndarray) -> np.ndarray:
    """The picture at the width of a column."""
    height = round(picture.shape[0] * WIDTH / picture.shape[1])
    return cv2.resize(picture, (WIDTH, height), interpolation=cv2.INTER_AREA)


def main(folder: str, out: str, *numbers: str) -> None:
    """Write the picture: a row a frame.

    Raises:
        InputError: The run has no such planes, or not so many frames.
    """
    run = read_run(Path(folder))
    shots = [shot for shot in run.groups() if all(run.plane(name, shot) for name in PLANES)]
    if not shots:
        raise InputError(
            f"{folder} has no shot with {', '.join(PLANES)}",
            why="a row of the picture is made of these",
            fix="give the folder of a run of clean-backgrounds that is finished",
        )
    shot = shots[-1]
    count = len(run.plane("frames", shot))
    absent = [number for number in numbers if not number.isdigit() or int(number) >= count]
    if absent:
        raise InputError(
            f"{shot} has no frame {absent[0]}",
            why="rows are named by the place of their frame in the shot, counted from 0",
            fix=f"numbers from 0 to {count - 1}",
        )
    rows = []
    for number in map(int, numbers):
        frame = read_frame(run.plane("frames", shot)[number])
        alpha = read_alpha(run.plane("alphas", shot)[number])[..., None]
        grid = np.where(sum(np.indices(frame.shape[:2]) // CHECKER) % 2, 245, 215)[..., None]
        cut = (frame * alpha + grid * (1 - alpha)).astype(np.uint8)
        clean = read_frame(run.plane("backgrounds", shot)[number])
        rows.append([small(frame), small(cut), small(clean)])
    gap = np.full((rows[0][0].shape[0], GAP, 3), 255, np.uint8)
    lines = [np.hstack([row[0], gap, row[1], gap, row[2]]) for row in rows]
    line = np.full((GAP, lines[0].shape[1], 3), 255, np.uint8)
    picture = np.vstack(
        [part for pair in zip(lines, [line] * len(lines), strict=True) for part in pair][:-1]
    )
    cv2.imwrite(out, picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except MultiplaneError as error:
        sys.exit(str(error))
