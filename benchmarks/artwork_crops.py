"""Diffusion on crops round the damage against the pipeline of diffusers on the full frame.

python benchmarks/artwork_crops.py [--megapixels 24] [--share 0.02] [--steps 4] [--model FOLDER]

The model is the same for both: a folder of diffusers, or a narrow one of SD's classes with random
weights. Each way runs in a process of its own, whose peak memory is what the system counted.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from dated import write_report
from multiplane.core.arrays import Frame, Mask

SIZE_PX = 512


def draw(megapixels: float, share: float) -> tuple[Frame, Mask]:
    """A 3:2 picture with light, strokes and grain, and losses and cracks over a share of it."""
    height = round((megapixels * 1e6 / 1.5) ** 0.5) // 64 * 64
    width = height * 3 // 2 // 64 * 64
    rng = np.random.default_rng(0)
    small = rng.uniform(40, 220, (height // 16, width // 16, 3)).astype(np.float32)
    frame = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    frame += rng.normal(0, 6, (height, width, 1)).astype(np.float32)
    mask = np.zeros((height, width), np.uint8)
    while mask.mean() < share:
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        radius = int(rng.integers(60, 260))
        points = (rng.normal(0, radius / 2, (7, 2)) + np.array([x, y])).astype(np.int32)
        cv2.fillConvexPoly(mask, cv2.convexHull(points), 1)
    return np.clip(frame, 0, 255).astype(np.uint8), mask.view(np.bool_)


def crops(model: Path, frame: Frame, mask: Mask, steps: int) -> Frame:
    """As restore.candidates does it, without the files."""
    from multiplane.restore.candidates.config import CandidatesOptions  # noqa: PLC0415
    from multiplane.restore.candidates.run import restore_picture  # noqa: PLC0415
    from multiplane.restore.inpaint.diffusion import DiffusionOptions  # noqa: PLC0415

    backend = DiffusionOptions(model=str(model), steps=steps, size_px=SIZE_PX)
    options = CandidatesOptions(backend=backend, rows=1, seed=1, score=False, device="cpu")
    return restore_picture(frame, mask, options)[0].picture


def full(model: Path, frame: Frame, mask: Mask, steps: int) -> Frame:
    """As a script round diffusers does it, at the picture's own size."""
    import torch  # noqa: PLC0415
    from diffusers import StableDiffusionInpaintPipeline  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    pipeline = StableDiffusionInpaintPipeline.from_pretrained(str(model), safety_checker=None)
    pipeline.set_progress_bar_config(disable=True)
    height, width = mask.shape
    painted = pipeline(
        prompt="", image=Image.fromarray(frame), mask_image=Image.fromarray(mask), height=height,
        width=width, num_inference_steps=steps, guidance_scale=5.0,
        generator=torch.Generator().manual_seed(1),
    ).images[0]  # fmt: skip
    return np.where(mask[..., None], np.asarray(painted), frame)


def peak_gb() -> float:
    """The most memory that this process had; what ``getrusage`` says includes who started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024 / 1e9


def held_gb() -> float:
    """What this process has now; its peak counts from here on.

    Drawing takes more for a moment than it leaves behind, which would hide what comes after.
    """
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return peak_gb()


WAYS = {"crops": crops, "full": full}


def alone(way: str, words: argparse.Namespace) -> None:
    """Run one way in this process and print what it took as JSON."""
    frame, mask = draw(words.megapixels, words.share)
    before = held_gb()
    start, cpu = time.perf_counter(), time.process_time()
    result = WAYS[way](words.model, frame, mask, words.steps)
    found = {
        "s": time.perf_counter() - start,
        "cpu_s": time.process_time() - cpu,
        "before_gb": before,
        "peak_gb": peak_gb(),
        "untouched": bool(np.array_equal(result[~mask], frame[~mask])),
        "size": [*frame.shape[1::-1]],
        "share": float(mask.mean()),
    }
    print(json.dumps(found))


def ask(way: str, words: argparse.Namespace, model: Path) -> dict[str, float]:
    """Run one way in a process of its own.

    Raises:
        RuntimeError: It failed.
    """
    command = [
        sys.executable, __file__, "--alone", way, "--megapixels", str(words.megapixels),
        "--share", str(words.share), "--steps", str(words.steps), "--model", str(model),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{way}: exit {done.returncode}: {done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    print(way, found, flush=True)
    return found


def main() -> None:
    """Measure, print, write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megapixels", type=float, default=24.0)
    parser.add_argument("--share", type=float, default=0.02)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--alone", choices=WAYS)
    words = parser.parse_args()
    if words.alone:
        alone(words.alone, words)
        return
    with tempfile.TemporaryDirectory() as folder:
        if words.model is None:
            from artwork_pipeline import save_pipeline  # noqa: PLC0415

            model = save_pipeline(Path(folder) / "narrow")
        else:
            model = words.model
        found = {way: ask(way, words, model) for way in WAYS}
    lines = [
        "| way | s | s of processors | peak memory, GB | untouched outside |",
        "|" + "---|" * 5,
    ]
    titles = {"crops": "crops round the damage (ours)", "full": "full frame (diffusers)"}
    for way, one in found.items():
        lines.append(
            f"| {titles[way]} | {one['s']:.1f} | {one['cpu_s']:.1f} | {one['peak_gb']:.2f} | "
            f"{'yes' if one['untouched'] else 'no'} |"
        )
    ours, theirs = found["crops"], found["full"]
    width, height = ours["size"]  # type: ignore[misc]
    kind = "that model" if words.model else "SD's classes, narrow, random weights"
    lines += [
        f"| full frame : crops | {theirs['s'] / ours['s']:.1f} | "
        f"{theirs['cpu_s'] / ours['cpu_s']:.1f} | {theirs['peak_gb'] / ours['peak_gb']:.1f} | |",
        "",
        f"{width}x{height} px, {ours['share']:.1%} of it damaged, {words.steps} steps with "
        f"guidance, {kind}, fp32, one run each, loading included. Before either begins, the "
        f"process with the picture drawn had {ours['before_gb']:.2f} GB.",
    ]
    body = "\n".join(lines)
    print(body)
    title = "Diffusion on crops and on full frames"
    print(write_report("artwork_crops", title, body, ("torch", "diffusers")))


if __name__ == "__main__":
    main()
