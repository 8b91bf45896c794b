"""Bringing alphas to full size along the edges of the picture: milliseconds, and what it is worth.

    python benchmarks/guided_upsampling.py [--size 3072] [--runs 7] [--lemur FOLDER]

One eye of the synthetic VR180 scene at full size with two people; its exact alpha, averaged down
to 25 and 50 %, is brought back. Against cv2.resize and cv2.remap alone. Then the whole refiner of
edges, from hard masks whose edge wanders by about a pixel of working size. FOLDER holds the lemur
as it comes with PyMatting's source.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

from dated import write_report
from multiplane.core.arrays import Alpha, Frame
from multiplane.core.threads import cpu_count
from multiplane.measure.matting import grad, mad, mse
from multiplane.media.images import read_alpha, read_frame
from multiplane.split.matte.config import GuidedMatte
from multiplane.split.matte.upsample import upsample_alpha
from multiplane.split.stereo.edges import EdgeRefiner
from multiplane.split.stereo.edges_config import EdgesOptions

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
from stereo_scene import Card, Scene, drawn_person, stands

SHARES = (0.25, 0.5)
HEAD = ["| picture | from | way | MAD | MSE | Grad | ms |", "|---|---|---|---|---|---|---|"]


def room(size_px: int) -> tuple[Frame, Alpha]:
    """An eye with two people, and its exact alpha."""
    people = [
        Card(1, stands(-0.3, 1.3), drawn_person(1, size_px // 2)),
        Card(2, stands(0.9, 2.4), drawn_person(2, size_px // 3)),
    ]
    eye = Scene(size_px, people, samples=1).eye(0.3, "left")
    return eye.frame, eye.alpha


def averaged(alpha: Alpha, share: float) -> Alpha:
    """What covers each pixel at working size."""
    size = (round(alpha.shape[1] * share), round(alpha.shape[0] * share))
    return np.clip(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), 0, 1)


def rough(alpha: Alpha) -> Alpha:
    """A hard mask whose edge wanders smoothly by about a pixel: what people backends give."""
    mask = (alpha >= 0.5).astype(np.uint8)
    noise = np.random.default_rng(0).standard_normal(mask.shape).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), 5)
    inside = cv2.distanceTransform(mask, cv2.DIST_L2, 5)
    outside = cv2.distanceTransform(1 - mask, cv2.DIST_L2, 5)
    return (inside - outside + noise / noise.std() > 0).astype(np.float32)


def timed(make: Callable[[], Alpha], runs: int) -> tuple[Alpha, float]:
    """The result and the least milliseconds of so many runs after one to warm up."""
    result, least = make(), float("inf")
    for _ in range(runs):
        started = time.perf_counter()
        make()
        least = min(least, time.perf_counter() - started)
    return result, least * 1e3


def ways(small: Alpha, frame: Frame) -> Iterator[tuple[str, Callable[[], Alpha]]]:
    """How an alpha may come to full size."""
    size = (frame.shape[1], frame.shape[0])
    yield "cv2.resize", lambda: cv2.resize(small, size, interpolation=cv2.INTER_LINEAR)
    axes = [(np.arange(n, dtype=np.float32) + 0.5) * small.shape[1 - at] / n - 0.5
            for at, n in enumerate(size)]  # fmt: skip
    x, y = np.meshgrid(*axes)
    border = cv2.BORDER_REPLICATE
    yield "cv2.remap", lambda: cv2.remap(small, x, y, cv2.INTER_LINEAR, borderMode=border)
    yield "guided (ours)", lambda: upsample_alpha(small, frame)


def refiners(work: Alpha, frame: Frame) -> Iterator[tuple[str, Callable[[], Alpha]]]:
    """The whole way from a hard mask to a soft edge; time includes the steadiness."""
    size = (frame.shape[1], frame.shape[0])
    yield "cv2.resize", lambda: cv2.resize(work, size, interpolation=cv2.INTER_LINEAR)
    for refine in ("none", "coarse", "full"):
        refiner = EdgeRefiner(EdgesOptions(method=GuidedMatte(), refine=refine))
        yield f"edges, refine: {refine}", lambda r=refiner: r.refine(frame, work)


def rows(name: str, frame: Frame, true: Alpha, runs: int) -> Iterator[str]:
    """The lines of the table about one picture."""
    size = f"{frame.shape[1]}x{frame.shape[0]}"
    for share in SHARES:
        small = averaged(true, share)
        groups = [("alpha", ways(small, frame)), ("mask", refiners(rough(small), frame))]
        for kind, group in groups:
            for way, make in group:
                found, least = timed(make, runs)
                found = np.asarray(found, np.float32)
                figures = [mad(found, true), mse(found, true), grad(found, true)]
                told = " | ".join(f"{value:.3f}" for value in figures)
                yield f"| {name}, {size} | {kind} at {share:.0%} | {way} | {told} | {least:.1f} |"


def main() -> None:
    """Measure and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=3072, metavar="PX")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--lemur", type=Path, metavar="FOLDER")
    words = parser.parse_args()
    table = [*HEAD, *rows("room", *room(words.size), words.runs)]
    if words.lemur:
        lemur = read_frame(words.lemur / "lemur.png"), read_alpha(words.lemur / "lemur_alpha.png")
        table += rows("lemur", *lemur, words.runs)
    notes = (
        "MAD and MSE x 1000, Grad / 1000, against the exact alpha. *alpha*: the exact one, "
        "averaged down; *mask*: hard, with an edge that wanders by about a pixel of working size. "
        f"Times are the least of {words.runs}, a frame of one eye; a load of "
        f"{os.getloadavg()[0]:.1f} on {cpu_count()} cores when they were taken, OpenCV on "
        f"{cv2.getNumThreads()} threads. The lemur's true alpha comes from closed-form matting."
    )
    path = write_report(
        "guided_upsampling",
        "Guided upsampling of alphas",
        "\n".join([*table, "", notes]),
        ("opencv-python-headless",),
    )
    print(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
