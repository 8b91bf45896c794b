"""How well a perfect matte of one eye fits the other: as it is, shifted, warped by its own plane.

And how many pixels semi-global matching gets wrong before and after the poles are turned onto the
baseline. On the synthetic scene of the tests, where alpha, depth and ids are exact.

python benchmarks/stereo_agreement.py [--size 3072] [--work 768 384 256] [--sgbm 1024]
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import sys
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from dated import write_report
from multiplane.core.arrays import Mask
from multiplane.geometry.disparity import EyePair
from multiplane.geometry.equirect import directions, pixels_of
from multiplane.geometry.plane import Plane
from multiplane.geometry.poles import polar_angles, polar_directions, to_poles_map

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
from stereo_scene import BASELINE_M, Card, Eye, Scene, drawn_person, people_scene, stands

DISTANCES_M, ANGLES_DEG = (0.6, 1.0, 2.0, 4.0), (0, 30, 60)
BANDS_DEG = ((0, 20), (20, 40), (40, 60), (60, 75))
RIGHT = np.array([BASELINE_M, 0, 0])


def overlap(first: Mask, second: Mask) -> float:
    """Intersection over union."""
    return float((first & second).sum() / max(1, (first | second).sum()))


def reduced(picture: NDArray[np.generic], size: int) -> NDArray[np.generic]:
    """An eye at working size."""
    return np.asarray(cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA))


def shifted(left: Eye, mask: Mask) -> Mask:
    """The mask moved by the median of its true disparity, whole pixels both ways."""
    size = len(mask)
    ys, xs = np.nonzero(mask)
    seen = directions(size)[ys, xs] * left.depth_m[ys, xs, None]
    x, y = pixels_of(seen - RIGHT, size)
    across, down = round(float(np.median(x - xs))), round(float(np.median(y - ys)))
    move = np.array([[1, 0, across], [0, 1, down]], np.float64)
    moved = cv2.warpAffine(mask.astype(np.uint8), move, (size, size), flags=cv2.INTER_NEAREST)
    return np.asarray(moved > 0)


def true_plane(scene: Scene) -> Plane:
    """The plane of the only card of a scene."""
    centre = np.array(scene.cards[0].where(0.0))
    facing = np.array([centre[0], 0, centre[2]]) / math.hypot(centre[0], centre[2])
    x, y, z = facing * BASELINE_M / float((centre - scene.origin("left")) @ facing)
    return Plane((float(x), float(y), float(z)))


def agreement(size: int, works: list[int]) -> list[str]:
    """One line a distance and angle."""
    names = "".join(f" plane found at {work} |" for work in (size, *works))
    lines = [
        f"| distance | angle | as it is | median shift | true plane |{names} plane, ms "
        "| transfer, ms |"
    ]
    lines.append("|---" * (7 + 1 + len(works)) + "|")
    for distance in DISTANCES_M:
        for angle in ANGLES_DEG:
            turn = math.radians(angle)
            place = stands(distance * math.sin(turn), distance * math.cos(turn))
            person = drawn_person(1, height_px=1600)
            scene = Scene(size, [Card(1, place, person)], samples=1)
            left, right = scene.pair(0.3)
            mask, wanted = left.ids == 1, right.ids == 1
            row = [overlap(mask, wanted), overlap(shifted(left, mask), wanted)]
            taken: list[float] = []
            full = EyePair(size)
            row.append(overlap(full.transfer(mask, true_plane(scene), "right"), wanted))
            moved: list[float] = []
            for work in (size, *works):
                pair = EyePair(work)
                small = [reduced(eye.frame, work) for eye in (left, right)]
                inside = reduced(left.alphas[1], work) >= 0.5
                start = time.perf_counter()
                plane = pair.plane(small[0], small[1], inside)
                taken.append(1e3 * (time.perf_counter() - start))
                if plane is None:
                    row.append(math.nan)
                    continue
                for _ in range(3):
                    start = time.perf_counter()
                    there = full.transfer(mask, plane, "right")
                    moved.append(1e3 * (time.perf_counter() - start))
                row.append(overlap(there, wanted))
            cells = " | ".join(f"{value:.3f}" for value in row)
            times = " / ".join(f"{value:.0f}" for value in taken)
            lines.append(
                f"| {distance} m | {angle} deg | {cells} | {times} "
                f"| {statistics.median(moved):.1f} |"
            )
            print(lines[-1], flush=True)
    return lines


def searched(size: int) -> int:
    """Columns of disparity that are looked through: 8 degrees."""
    return 16 * math.ceil(size * 8 / 180 / 16)


def matched(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Semi-global matching, pixels of disparity."""
    matcher = cv2.StereoSGBM.create(
        0,
        searched(len(left)),
        5,
        P1=8 * 25,
        P2=32 * 25,
        uniquenessRatio=5,
        mode=cv2.StereoSGBM_MODE_HH,
    )
    greys = [cv2.cvtColor(eye, cv2.COLOR_RGB2GRAY) for eye in (left, right)]
    found = matcher.compute(greys[0], greys[1]).astype(np.float32) / 16
    found[found < 0] = np.nan
    return np.asarray(found)


def semi_global(size: int, people: int) -> list[str]:
    """One line a band of angles off straight ahead."""
    left, right = people_scene(size, people).pair(0.3)
    seen = directions(size)
    depth = left.depth_m
    there = seen * depth[..., None] - RIGHT
    x, y = pixels_of(there, size)
    far = np.linalg.norm(there, axis=-1)
    ahead = cv2.remap(right.depth_m, x, y, cv2.INTER_NEAREST, borderValue=0)
    both = np.abs(ahead - far) < 0.03 * far
    raw = np.abs(matched(left.frame, right.frame) - (np.arange(size) - x))
    maps = to_poles_map(size)
    turned = [cv2.remap(eye.frame, *maps, cv2.INTER_LINEAR) for eye in (left, right)]
    places = ((np.arange(size) + 0.5) / size - 0.5) * math.pi
    polar = polar_directions(places, -places)
    deep = cv2.remap(depth, *maps, cv2.INTER_NEAREST)
    alpha, _ = polar_angles(polar * deep[..., None] - RIGHT)
    error = np.abs(matched(turned[0], turned[1]) - (places - alpha) * size / math.pi)
    kept = cv2.remap(both.astype(np.uint8), *maps, cv2.INTER_NEAREST) > 0
    lines = [
        "| off straight ahead | raw: bad | raw: median | turned: bad | turned: median |",
        "|---|---|---|---|---|",
    ]
    for first, last in BANDS_DEG:
        cells = []
        for errors, looks, usable in ((raw, seen, both), (error, polar, kept)):
            off = np.degrees(np.arccos(np.clip(looks[..., 2], -1, 1)))
            # what the matcher can never see: as many columns as it searches, on the left
            counted = usable & (off >= first) & (off < last) & (np.arange(size) >= searched(size))
            bad = np.mean(~(errors[counted] <= 1.0))
            cells.append(f"{100 * bad:.1f} % | {np.nanmedian(errors[counted]):.2f} px")
        lines.append(f"| {first} to {last} deg | {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    return lines


def main() -> None:
    """Both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=3072)
    parser.add_argument("--work", type=int, nargs="*", default=[768, 384, 256])
    parser.add_argument("--sgbm", type=int, default=1024)
    words = parser.parse_args()
    cv2.setNumThreads(2)
    lines = [
        f"Overlap (IoU) of the left eye's exact mask with the right eye's, {words.size} px an eye. "
        "The plane is found in the pictures at each size and moves the full-size mask.",
        "",
        *agreement(words.size, words.work),
        "",
        f"StereoSGBM, {words.sgbm} px an eye; bad: more than 1 px off or nothing found, of what "
        "both eyes see. The empty room:",
        "",
        *semi_global(words.sgbm, 0),
        "",
        "The same room with three people in it, whose outlines are between 0 and 40 degrees:",
        "",
        *semi_global(words.sgbm, 3),
    ]
    load = f"{os.getloadavg()[0]:.0f} on {os.cpu_count()} processors"
    lines += ["", f"Load of the machine at the end: {load}; above one each, times are too long."]
    body = "\n".join(lines)
    versions = ("opencv-python-headless",)
    print(write_report("stereo_agreement", "Agreement between the eyes", body, versions))


if __name__ == "__main__":
    main()
