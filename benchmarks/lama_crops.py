"""LaMa on crops against a forward over the whole picture, as simple-lama-inpainting does it.

python benchmarks/lama_crops.py [--width 3840] [--runs 3] [--weights FILE] [--picture FILE]

The generator is the real one (18 blocks, 51 million parameters), with random weights unless
--weights names a file. On a machine with CUDA, 1080p, batch sizes and precisions come too.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch

from dated import write_report
from multiplane.core.arrays import Frame, Mask
from multiplane.core.compute import Compute
from multiplane.media.images import read_frame
from multiplane.networks.lama import LamaGenerator, load_lama, predict
from multiplane.restore.inpaint.backend import Filled, Gap
from multiplane.restore.inpaint.backends.lama import LamaInpainter
from multiplane.restore.inpaint.backends.lama.resize import size_within
from multiplane.restore.inpaint.config import LamaOptions
from multiplane.restore.inpaint.crops import fill_holes
from multiplane.tensors.convert import frames_to_tensor, masks_to_tensor
from multiplane.tensors.precision import computing

SHARE = 0.05
"""Of the picture is hidden."""
PLACES = ((0.2, 0.3, 1.6), (0.55, 0.72, 0.5), (0.84, 0.33, 1.0))
"""Middle of each hole in shares of width and height, and its height over its width."""
CAPS = (1.0, LamaOptions().max_megapixels, 0.26)
CONTEXT_PX = 128


class Spent(NamedTuple):
    """What a way took: seconds by the clock and of the processors, and the picture it made."""

    wall: float
    cpu: float
    picture: Frame


def draw(width: int) -> Frame:
    """A wall with a slope of light and grain, 16:9."""
    height = width * 9 // 16
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    rng = np.random.default_rng(0)
    grain = cv2.GaussianBlur(rng.normal(0, 40, (height, width)).astype(np.float32), (0, 0), 2)
    bricks = 40 * ((y // 60 + x // 140) % 2)
    light = 90 + 80 * x / width
    picture = np.stack([light + bricks, light * 0.8 + bricks, light * 0.6], -1) + grain[..., None]
    return np.clip(picture, 0, 255).astype(np.uint8)


def holes(shape: tuple[int, int]) -> Mask:
    """Ellipses that hide :data:`SHARE` of a picture between them."""
    height, width = shape
    mask = np.zeros(shape, np.uint8)
    area = SHARE * height * width / len(PLACES)
    for x, y, tall in PLACES:
        across = (area / (np.pi * tall)) ** 0.5
        middle = (round(x * width), round(y * height))
        cv2.ellipse(mask, middle, (round(across), round(across * tall)), 0, 0, 360, 1, -1)
    return mask > 0


def whole(generator: LamaGenerator, frame: Frame, hole: Mask) -> Frame:
    """One forward over the whole picture, padded to a multiple of 8."""
    with computing(torch.device("cpu"), torch.float32):
        painted = predict(generator, frames_to_tensor([frame]), masks_to_tensor([hole]))
    levels = (painted[0].permute(1, 2, 0).numpy() * 255).round().clip(0, 255).astype(np.uint8)
    return np.where(hole[..., None], levels, frame)


class Counting(LamaInpainter):
    """Notes how many pixels go through the network."""

    def fill_many(self, gaps: Sequence[Gap]) -> list[Filled]:
        """As ever."""
        most_px = round(self._options.max_megapixels * 1e6)
        self.sizes = [size_within(*gap.hole.shape, most_px) for gap in gaps]
        return super().fill_many(gaps)


def spend(work: Callable[[], Frame]) -> Spent:
    """Do something once."""
    wall, cpu = time.perf_counter(), time.process_time()
    picture = work()
    return Spent(time.perf_counter() - wall, time.process_time() - cpu, picture)


def peak_gb() -> float:
    """The most memory this process ever had, GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def on_cpu(words: argparse.Namespace, weights: Path) -> list[str]:
    """Crops of several largest sizes, then the whole picture."""
    frame = read_frame(words.picture) if words.picture else draw(words.width)
    hole = holes(frame.shape[:2])
    rows, done = [], {}
    for cap in CAPS:
        options = LamaOptions(model=str(weights), max_megapixels=cap)
        inpainter = Counting(options, compute=Compute(device="cpu"))
        runs = [
            spend(lambda: fill_holes(frame, hole, ~hole, inpainter, CONTEXT_PX)[0])  # noqa: B023
            for _ in range(words.runs)
        ]
        done[cap] = (runs, inpainter.sizes, peak_gb())
        print(cap, inpainter.sizes, [run[:2] for run in runs], flush=True)
    generator = load_lama(weights)
    full = spend(lambda: whole(generator, frame, hole))
    print("whole", full[:2], flush=True)
    lines = [
        "| what goes through the network | megapixels | s | s of processors | times faster "
        "| memory, GB | difference in the hole |",
        "|---|---|---|---|---|---|---|",
        f"| the whole picture | {hole.size / 1e6:.2f} | {full.wall:.1f} | {full.cpu:.1f} | 1 | "
        f"{peak_gb():.1f} | 0 |",
    ]
    for cap, (runs, sizes, memory) in done.items():
        wall, cpu = (statistics.median(run[n] for run in runs) for n in (0, 1))
        away = np.abs(runs[0].picture[hole].astype(int) - full.picture[hole]).mean()
        assert np.array_equal(runs[0].picture[~hole], frame[~hole])
        told = f"{cap:g} megapixels at most"
        told += ", the default" if cap == LamaOptions().max_megapixels else ""
        painted = sum(h * w for h, w in sizes) / 1e6
        rows.append(
            f"| {len(sizes)} crops, {told} | {painted:.2f} | {wall:.1f} | {cpu:.1f} | "
            f"{full.cpu / cpu:.1f} | {memory:.1f} | {away:.1f} |"
        )
    kind = "trained" if words.weights else "random"
    return [
        *lines,
        *rows,
        "",
        f"{frame.shape[1]}x{frame.shape[0]}, {hole.mean():.1%} hidden in {len(PLACES)} ellipses; "
        f"{CONTEXT_PX} px around each are looked at. Crops: median of {words.runs}; the whole "
        "picture: once. Times faster by seconds of processors, which other programs disturb "
        f"little. Difference: mean of |a - b| in levels of 255, {kind} weights"
        + ("." if words.weights else ", of which it says nothing about trained ones."),
        "Outside the hole every crop's result is bit for bit the picture.",
    ]


def on_cuda(weights: Path) -> list[str]:
    """Batches of crops and a 1080p frame, by precision, plain and compiled."""
    device = torch.device("cuda")
    generator = load_lama(weights).to(device).requires_grad_(requires_grad=False)
    lines = [
        "",
        "| 18 blocks on " + torch.cuda.get_device_name() + " | precision | at once | ms each | "
        "VRAM, GB |",
        "|---|---|---|---|---|",
    ]
    for title, run in (("plain", generator), ("compiled", torch.compile(generator))):
        for dtype in (torch.float32, torch.bfloat16):
            for height, width, batches in ((1080, 1920, (1, 2, 4)), (512, 512, (1, 4, 8, 16))):
                for batch in batches:
                    images = torch.rand(batch, 3, height, width, device=device)
                    masks = (torch.rand(batch, 1, height, width, device=device) > 0.9).float()
                    seconds = timed_on_cuda(run, images, masks, dtype)
                    gb = torch.cuda.max_memory_allocated() / 1e9
                    lines.append(
                        f"| {width}x{height}, {title} | {str(dtype)[6:]} | {batch} | "
                        f"{1e3 * seconds / batch:.1f} | {gb:.1f} |"
                    )
                    print(lines[-1], flush=True)
    return lines


def timed_on_cuda(
    generator: LamaGenerator, images: torch.Tensor, masks: torch.Tensor, dtype: torch.dtype
) -> float:
    """The median of five forwards, after two to warm up."""
    torch.cuda.reset_peak_memory_stats()
    seconds = []
    for _ in range(7):
        torch.cuda.synchronize()
        start = time.perf_counter()
        with computing(torch.device("cuda"), dtype):
            predict(generator, images, masks)
        torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[2:])


def main() -> None:
    """Measure, print, write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width", type=int, default=3840)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--picture", type=Path)
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        weights = words.weights or Path(folder) / "random.ckpt"
        if not words.weights:
            torch.manual_seed(0)
            torch.save(LamaGenerator(18).state_dict(), weights)
        lines = on_cpu(words, weights)
        if torch.cuda.is_available():
            lines += on_cuda(weights)
    body = "\n".join(lines)
    print(body)
    print(write_report("lama_crops", "LaMa on crops and on whole pictures", body, ("torch",)))


if __name__ == "__main__":
    main()
