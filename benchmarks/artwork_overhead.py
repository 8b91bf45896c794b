"""What restore-artwork spends round the network; and several seeds at once against one by one.

python benchmarks/artwork_overhead.py [--steps 30] [--width 64] [--sides 512 2048] [--model FOLDER]

Networks are timed at their doors (UNet, autoencoder, text encoder); loading them is told apart.
What is left is ours: reading, cropping, scaling, light and grain, compositing, scoring, records,
collage, page, ledger and report.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextModel

import multiplane
from artwork_crops import draw
from artwork_pipeline import save_pipeline
from dated import write_report
from multiplane.core.items import Planes
from multiplane.media.images import write_frame, write_mask
from multiplane.networks import diffusion
from multiplane.restore.inpaint.backends.diffusion import painter

DOORS = (
    (UNet2DConditionModel, "forward"),
    (AutoencoderKL, "encode"),
    (AutoencoderKL, "decode"),
    (CLIPTextModel, "forward"),
)


class Clock:
    """Seconds inside what it was put round; what runs inside another counts once."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self.seconds, self._depth = 0.0, 0

    def round(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, timed."""

        @functools.wraps(work)
        def timed(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - of any function
            self._depth += 1
            start = time.perf_counter()
            try:
                return work(*arguments, **named)
            finally:
                self._depth -= 1
                if not self._depth:
                    if torch.cuda.is_available():
                        torch.cuda.synchronize()
                    self.seconds += time.perf_counter() - start

        return timed


@contextlib.contextmanager
def doors(networks: Clock, loading: Clock) -> Iterator[None]:
    """Time the networks and their loading for a while."""
    kept = [(owner, name, getattr(owner, name)) for owner, name in DOORS]
    loaders = [(painter, "load_diffusion", painter.load_diffusion)]
    try:
        for owner, name, work in kept:
            setattr(owner, name, networks.round(work))
        for place, name, work in loaders:
            setattr(place, name, loading.round(work))
        yield
    finally:
        for place, name, work in [*kept, *loaders]:
            setattr(place, name, work)


def run(model: Path, planes: Planes, rows: int, steps: int, out: Path) -> dict[str, float]:
    """One picture through the recipe; seconds."""
    networks, loading = Clock(), Clock()
    options = {
        "candidates.backend": {"kind": "diffusion", "model": str(model), "steps": steps,
                               "size_px": 512},
        "candidates.rows": rows,
        "candidates.seed": 1,
    }  # fmt: skip
    start = time.perf_counter()
    with doors(networks, loading):
        report = multiplane.run("restore-artwork", [planes], out, options=options)
    whole = time.perf_counter() - start
    assert report.exit_status == 0, report.failures
    ours = whole - networks.seconds - loading.seconds
    return {
        "whole": whole, "networks": networks.seconds, "loading": loading.seconds, "ours": ours,
    }  # fmt: skip


def picture(folder: Path, side: int) -> Planes:
    """A square picture with one damage of at most 200 px."""
    frame, _ = draw(side * side * 1.6 / 1e6, 0.0)
    frame = np.ascontiguousarray(cv2.resize(frame, (side, side)))
    mask = np.zeros((side, side), np.uint8)
    cv2.ellipse(mask, (side // 2, side // 2), (100, 60), 30, 0, 360, 1, -1)
    write_frame(folder / f"p{side}.png", frame)
    write_mask(folder / f"m{side}.png", mask.view(np.bool_))
    files = {"images": (str(folder / f"p{side}.png"),), "masks": (str(folder / f"m{side}.png"),)}
    return Planes(f"p{side}", files)


def main() -> None:
    """Measure, print, write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--sides", type=int, nargs="+", default=[512, 2048])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--model", type=Path)
    words = parser.parse_args()
    assert diffusion, "the networks are imported before anything is timed"
    lines = [
        "| picture | restorations | s | networks | ours | ours : networks |",
        "|" + "---|" * 6,
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = words.model or save_pipeline(folder / "narrow", words.width, attend=True)
        run(model, picture(folder, 512), 1, 1, folder / "warm")
        medians: dict[tuple[int, int], dict[str, float]] = {}
        for side in words.sides:
            planes = picture(folder, side)
            for rows in (1, 4) if side == words.sides[0] else (1,):
                found = [
                    run(model, planes, rows, words.steps, folder / f"{side}-{rows}-{turn}")
                    for turn in range(words.runs)
                ]
                middle = {key: statistics.median(one[key] for one in found) for key in found[0]}
                medians[side, rows] = middle
                lines.append(
                    f"| {side}x{side} | {rows} | {middle['whole']:.2f} | "
                    f"{middle['networks']:.2f} | {middle['ours']:.2f} | "
                    f"{middle['ours'] / middle['networks']:.1%} |"
                )
                print(lines[-1], flush=True)
    first = words.sides[0]
    one, four = (medians[first, rows]["networks"] for rows in (1, 4))
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    wide = f"SD's blocks, {words.width} channels wide (SD: 320), random weights"
    kind = "that model" if words.model else wide
    lines += [
        "",
        f"{words.steps} steps with guidance at 512 px, {kind}, on {device}; median of "
        f"{words.runs}; loading the model is in the whole and neither with the networks nor with "
        f"us. Four seeds at once took {four / one:.2f} times what one takes: "
        f"{4 * one / four:.2f} times as fast as four runs.",
    ]
    body = "\n".join(lines)
    print(body)
    title = "restore-artwork: what is spent round the network"
    print(write_report("artwork_overhead", title, body, ("torch", "diffusers")))


if __name__ == "__main__":
    main()
