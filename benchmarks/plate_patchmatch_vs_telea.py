"""Plate and patchmatch against what users know: OpenCV inpainting, frame by frame.

    python benchmarks/plate_patchmatch_vs_telea.py [--width 640] [--frames 24] [--alexnet FILE]

On the drawn scene of ``oracle_scene.py`` the truth behind the sprite is known. Both get the same
frames and the true masks, and fill the same hole: the mask grown by 20 px. Figures are taken inside
the hole, divided into what some frame saw and what none did; that is the truth of the scene (some
frame shows the place outside of its own hole), not what the plate says of itself. LPIPS needs the
features of AlexNet (safetensors); without ``--alexnet`` the report says that it is missing.
"""

from __future__ import annotations

import argparse
import os
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from dated import write_report
from multiplane.core.arrays import Frame, Mask
from multiplane.core.threads import cpu_count
from multiplane.measure.image import psnr, ssim
from multiplane.measure.region import grow
from multiplane.measure.temporal import flickers
from multiplane.restore.inpaint.config import InpaintOptions, PatchMatchOptions
from multiplane.restore.inpaint.run import inpaint
from multiplane.restore.plate.run import PlateOptions, plates
from oracle_scene import Drawn, Scene, draw, seen_somewhere

GROW_PX = 20
Way = Callable[[Drawn, list[Mask]], list[Frame]]


def ours(drawn: Drawn, holes: list[Mask]) -> list[Frame]:
    """Plates from the other frames, then patchmatch for what they lack, carried along."""
    made = list(plates(drawn.frames, drawn.masks, PlateOptions(grow_px=GROW_PX)))
    seen = [p.plate for p in made], [p.unseen for p in made]
    options = InpaintOptions(grow_px=GROW_PX)
    done = inpaint(drawn.frames, drawn.masks, options, None, seen, [p.hole for p in made])
    return [d.background for d in done]


def patchmatch_alone(drawn: Drawn, holes: list[Mask]) -> list[Frame]:
    """Patchmatch in every frame by itself: what it is worth as a backend."""
    options = InpaintOptions(
        backend=PatchMatchOptions(), grow_px=GROW_PX, carry=False, feather_px=0
    )
    return [d.background for d in inpaint(drawn.frames, drawn.masks, options)]


def opencv(flag: int) -> Way:
    """OpenCV's own inpainting with its usual radius of 3 px."""

    def fill(drawn: Drawn, holes: list[Mask]) -> list[Frame]:
        pairs = zip(drawn.frames, holes, strict=True)
        return [cv2.inpaint(f, h.astype(np.uint8), 3, flag) for f, h in pairs]

    return fill


WAYS: dict[str, Way] = {
    "plate + patchmatch": ours,
    "patchmatch, every frame by itself": patchmatch_alone,
    "OpenCV Telea": opencv(cv2.INPAINT_TELEA),
    "OpenCV Navier-Stokes": opencv(cv2.INPAINT_NS),
}


class Judge:
    """Takes the figures of filled frames."""

    def __init__(self, drawn: Drawn, holes: list[Mask], alexnet: Path | None) -> None:
        self._drawn = drawn
        self._holes = holes
        self._seen = [seen_somewhere(drawn, n, holes) & holes[n] for n in range(len(holes))]
        self._lpips = None
        if alexnet is not None:
            from multiplane.measure.perceptual import Lpips  # noqa: PLC0415 - needs an extra

            self._lpips = Lpips(alexnet)

    @property
    def has_lpips(self) -> bool:
        """Whether LPIPS is taken."""
        return self._lpips is not None

    @property
    def shares(self) -> tuple[float, float]:
        """Share of the picture that is hole, and of the hole that was seen."""
        hole = sum(int(h.sum()) for h in self._holes)
        pixels = sum(h.size for h in self._holes)
        return hole / pixels, sum(int(s.sum()) for s in self._seen) / hole

    def figures(self, filled: list[Frame]) -> list[str]:
        """The cells of one row."""
        taken = defaultdict(list)
        for n, frame in enumerate(filled):
            truth, hole, seen = self._drawn.backgrounds[n], self._holes[n], self._seen[n]
            assert np.array_equal(frame[~hole], self._drawn.frames[n][~hole]), "outside touched"
            for name, part in (("seen", seen), ("never", hole & ~seen)):
                if part.any():
                    taken[f"psnr {name}"].append(psnr(frame, truth, part))
                    taken[f"ssim {name}"].append(ssim(frame, truth, part))
                    if self._lpips is not None:
                        taken[f"lpips {name}"].append(self._lpips.distance(frame, truth, part))
        still = [f.inside for f in flickers(filled, self._holes) if f.inside is not None]
        cells = []
        for name in ("seen", "never"):
            cells += [_cell(taken[f"psnr {name}"], 2), _cell(_worst(taken[f"psnr {name}"]), 2)]
            cells.append(_cell(taken[f"ssim {name}"], 3))
            cells.append(_cell(taken[f"lpips {name}"], 3))
        return [*cells, _cell(still, 2)]


def _worst(values: list[float]) -> list[float]:
    return [min(values)] if values else []


def _cell(values: list[float], digits: int) -> str:
    return f"{np.mean(values):.{digits}f}" if values else "-"


def main() -> None:
    """Run it and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--alexnet", type=Path, default=None)
    given = parser.parse_args()
    scale = given.width / 320
    scene = Scene(
        width=given.width, height=round(240 * scale), frames=given.frames, pan_px=30 * scale
    )
    drawn = draw(scene)
    holes = [grow(mask, GROW_PX) for mask in drawn.masks]
    judge = Judge(drawn, holes, given.alexnet)
    rows = []
    for name, way in WAYS.items():
        started = time.perf_counter()
        filled = way(drawn, holes)
        seconds = (time.perf_counter() - started) / len(filled)
        rows.append([name, *judge.figures(filled), f"{seconds:.3f}"])
        print("  ".join(rows[-1]))
    write_report(
        "plate_patchmatch_vs_telea",
        "Plate and patchmatch against OpenCV inpainting",
        _body(scene, judge, rows),
        ("opencv-python-headless", "scipy", "torch"),
    )


def _body(scene: Scene, judge: Judge, rows: list[list[str]]) -> str:
    hole, seen = judge.shares
    kinds = ("PSNR", "PSNR of the worst frame", "SSIM", "LPIPS")
    figures = [f"{kind}, {part}" for part in ("seen", "never seen") for kind in kinds]
    head = ["way", *figures, "change, frame to frame", "s a frame"]
    table = [head, ["---"] * len(head), *rows]
    return f"""
Drawn scene, {scene.frames} frames of {scene.width}x{scene.height}: a camera that pans, zooms and
rolls, drifting light, noise of {scene.noise:g} grey levels. The hole (mask grown by {GROW_PX} px)
is {100 * hole:.0f} % of the picture; {100 * seen:.0f} % of it was seen: some frame shows the place
outside of its own hole, by the true camera. Inside the hole only, of the finished frames, mean over
frames; PSNR in dB. Change: mean absolute difference to the frame before with
motion taken out, grey levels. {cpu_count()} cores; OpenCV's inpainting uses one. Outside the hole
every way leaves the frames bit for bit (asserted). Load average {os.getloadavg()[1]:.1f}: above the
number of cores, other work ran beside and the times are too long.
{"" if judge.has_lpips else "LPIPS was not taken: no features of AlexNet were given."}

{chr(10).join("| " + " | ".join(cells) + " |" for cells in table)}

Where nobody saw the background no way can know it: PSNR and SSIM there reward a grey blur over a
plausible texture; LPIPS and the eye do not."""


if __name__ == "__main__":
    main()
