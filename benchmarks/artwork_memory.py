"""Peak memory of restore-artwork over pictures of growing size and depth.

python benchmarks/artwork_memory.py [--megapixels 8 24 100] [--bits 8 16] [--backend opencv]
    [--rows 1]

A TIFF with grain and a net of cracks over 1.5 % of it goes through the whole recipe, collage, page
and report included; each in a process of its own, whose peak the system counted. Several rows are
of one backend and differ by its seed or its radius.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from artwork_crops import held_gb, peak_gb
from dated import write_report
from multiplane.core.arrays import Mask
from multiplane.media.banded import Banded
from multiplane.media.images import read_mask, write_mask
from multiplane.media.levels import write_banded

SHARE = 0.015


def draw(folder: Path, megapixels: float, bits: int) -> None:
    """Write a 4:3 picture with light, grain and cracks, and the mask of the cracks."""
    height = round(math.sqrt(megapixels * 1e6 * 3 / 4))
    width = round(megapixels * 1e6 / height)
    rng = np.random.default_rng(0)
    light = rng.uniform(40, 220, (height // 64 + 2, width // 64 + 2, 3)).astype(np.float32)
    step, kind = (1, np.uint8) if bits == 8 else (257, np.uint16)

    def rows(part: slice) -> NDArray[np.uint8] | NDArray[np.uint16]:
        noise = np.random.default_rng(part.start)
        down = np.arange(part.start, part.stop, dtype=np.float32) / 64
        across = np.arange(width, dtype=np.float32) / 64
        seen = cv2.remap(light, *np.meshgrid(across, down), cv2.INTER_LINEAR)
        seen += noise.normal(0, 4, (*seen.shape[:2], 1)).astype(np.float32)
        return np.clip(np.rint(seen * step), 0, 255 * step).astype(kind)

    folder.mkdir(parents=True)
    write_banded(folder / "wall.tif", Banded((height, width, 3), np.dtype(kind), rows))
    write_mask(folder / "mask.png", cracks(height, width, rng))


def cracks(height: int, width: int, rng: np.random.Generator) -> Mask:
    """Lines that wander, 2 to 6 px wide."""
    drawn = np.zeros((height, width), np.uint8)
    while drawn.mean() < SHARE:
        count = int(rng.integers(10, 60))
        way = rng.uniform(0, 2 * math.pi) + np.cumsum(rng.normal(0, 0.4, count))
        start = rng.uniform(0, 1, 2) * (width, height)
        points = start + 20 * np.cumsum(np.stack([np.cos(way), np.sin(way)], 1), axis=0)
        cv2.polylines(drawn, [points.astype(np.int32)], False, 1, int(rng.integers(2, 7)))
    return drawn.view(np.bool_)


def alone(words: argparse.Namespace) -> None:
    """Run the recipe in this process and print what it took as JSON."""
    import multiplane  # noqa: PLC0415

    kind, rows = words.backend, []
    for row in range(words.rows[0]):
        backend = {"kind": kind, "radius_px": 5 + row} if kind == "opencv" else {"kind": kind}
        rows.append({"backend": backend})
    pictures = multiplane.pictures(words.alone / "wall.tif", words.alone / "mask.png")
    options = {"candidates.rows": rows, "candidates.seed": 1}
    before, start = held_gb(), time.perf_counter()
    report = multiplane.run("restore-artwork", pictures, words.alone / "out", options=options)
    assert not report.failures, report.failures
    records = list((words.alone / "out/candidates/records").rglob("*.json"))
    made = json.loads(records[0].read_text(encoding="utf-8"))["rows"]
    assert len(made) == len(rows), made
    told = {"s": time.perf_counter() - start, "before_gb": before, "peak_gb": peak_gb()}
    print(json.dumps(told))


def ask(folder: Path, rows: int, backend: str) -> dict[str, float]:
    """Run one picture in a process of its own.

    Raises:
        RuntimeError: It failed.
    """
    command = [
        sys.executable, __file__, "--alone", str(folder), "--rows", str(rows), "--backend", backend,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{folder.name}: exit {done.returncode}: {done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    print(folder.name, rows, found, flush=True)
    return found


def main() -> None:
    """Measure, print, write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megapixels", type=float, nargs="+", default=[8, 24, 100])
    parser.add_argument("--bits", type=int, nargs="+", default=[8, 16], choices=(8, 16))
    parser.add_argument("--rows", type=int, nargs="+", default=[1])
    parser.add_argument("--backend", default="opencv", choices=("opencv", "patchmatch"))
    parser.add_argument("--alone", type=Path)
    words = parser.parse_args()
    if words.alone:
        alone(words)
        return
    lines = ["| picture | bits | rows | its samples, GB | peak, GB | s |", "|" + "---|" * 6]
    before = 0.0
    for megapixels in words.megapixels:
        for bits in words.bits:
            for rows in words.rows:
                with tempfile.TemporaryDirectory() as name:
                    folder = Path(name) / f"{megapixels:g}_{bits}"
                    draw(folder, megapixels, bits)
                    height, width = read_mask(folder / "mask.png").shape
                    one = ask(folder, rows, words.backend)
                before = one["before_gb"]
                samples = height * width * 3 * bits / 8e9
                lines.append(
                    f"| {width}x{height} | {bits} | {rows} | {samples:.2f} | "
                    f"{one['peak_gb']:.2f} | {one['s']:.0f} |"
                )
    lines += [
        "",
        f"The whole recipe on a TIFF with cracks over {SHARE:.1%} of it, rows by "
        f"`{words.backend}`, one run each. Before a run begins its process has {before:.2f} GB: "
        "interpreter and libraries.",
    ]
    body = "\n".join(lines)
    print(body)
    title = "Memory of restoring large pictures"
    print(write_report("artwork_memory", title, body, ("opencv-python-headless", "pillow")))


if __name__ == "__main__":
    main()
