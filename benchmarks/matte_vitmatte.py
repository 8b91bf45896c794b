"""Time and memory of ViTMatte in tiles, against the whole picture at once, at 1080p.

    python benchmarks/matte_vitmatte.py [--weights FOLDER] [--device auto] [--runs 1] [--no-whole]

Without weights a network of the size of vitmatte-small with random ones is made: its alphas are
noise, its time and memory are not.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from dated import write_report
from multiplane.core.arrays import Frame, Mask
from multiplane.core.compute import Compute
from multiplane.core.threads import cpu_count
from multiplane.split.matte.backends.vitmatte import VitMatteRefiner
from multiplane.split.matte.config import GuidedMatte, MatteOptions, VitMatteMatte
from multiplane.split.matte.run import cut_out, open_refiner
from multiplane.tensors.devices import describe_cuda, pick_device
from multiplane.tensors.memory import Memory

SIZE = (1080, 1920)
EDGE_PX = 8


def make_small(folder: Path) -> Path:
    """Save a network of the size of vitmatte-small, as its config.json describes it."""
    from transformers import (  # noqa: PLC0415 - only where it is needed
        VitDetConfig,
        VitMatteConfig,
        VitMatteForImageMatting,
        VitMatteImageProcessor,
    )

    backbone = VitDetConfig(
        num_channels=4, image_size=512, pretrain_image_size=224, patch_size=16, hidden_size=384,
        num_hidden_layers=12, num_attention_heads=6, window_size=14,
        window_block_indices=[0, 1, 3, 4, 6, 7, 9, 10], residual_block_indices=[2, 5, 8, 11],
        use_relative_position_embeddings=True, out_features=["stage12"],
    )  # fmt: skip
    config = VitMatteConfig(
        backbone_config=backbone, hidden_size=384, convstream_hidden_sizes=[48, 96, 192],
        fusion_hidden_sizes=[256, 128, 64, 32],
    )  # fmt: skip
    VitMatteForImageMatting(config).save_pretrained(folder)
    VitMatteImageProcessor().save_pretrained(folder)
    return folder


def scene() -> tuple[Frame, Mask]:
    """A figure 880 px tall before a busy background."""
    rng = np.random.default_rng(0)
    frame = cv2.resize(rng.integers(0, 256, (68, 120, 3), dtype=np.uint8), SIZE[::-1])
    drawn = np.zeros(SIZE, np.uint8)
    for centre, axes, angle in (
        ((960, 230), (110, 130), 0),
        ((960, 560), (170, 240), 0),
        ((730, 500), (60, 230), 50),
        ((1190, 500), (60, 230), -50),
        ((870, 860), (70, 190), 8),
        ((1050, 860), (70, 190), -8),
    ):
        cv2.ellipse(drawn, centre, axes, angle, 0, 360, 1, -1)
    return np.asarray(frame, np.uint8), drawn > 0


def one(case: dict[str, object]) -> dict[str, object]:
    """Run one case in this process, and say what it took."""
    frame, mask = scene()
    compute = Compute(device=str(case["device"]), precision=str(case["precision"]))  # type: ignore[arg-type]
    if case["kind"] == "guided":
        options = MatteOptions(method=GuidedMatte(), edge_px=EDGE_PX)
        refiner = open_refiner(options)
    else:
        method = VitMatteMatte(
            model=str(case["folder"]), tile_px=int(str(case["tile_px"])),
            overlap_px=int(str(case["overlap_px"])),
        )  # fmt: skip
        options = MatteOptions(method=method, edge_px=EDGE_PX)
        refiner = VitMatteRefiner(method, EDGE_PX, compute)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = []
    warm_up = int(case["kind"] == "guided" or pick_device(compute.device).type == "cuda")
    for _ in range(int(str(case["runs"])) + warm_up):
        started = time.perf_counter()
        cut = cut_out(frame, mask, refiner, options)
        seconds.append(time.perf_counter() - started)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak = Memory(pick_device(compute.device)).peak_gb() if case["kind"] != "guided" else 0.0
    return {
        "seconds": seconds[warm_up:],
        "band_px": cut.band_px,
        "gb": peak or (after - before) * 1024 / 1e9,
        "notes": getattr(refiner, "notes", []),
    }


def apart(case: dict[str, object]) -> dict[str, object]:
    """Run one case in a process of its own, so that its memory is its own."""
    words = [sys.executable, __file__, "--one", json.dumps(case)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    told: dict[str, object] = json.loads(done.stdout.strip().splitlines()[-1])
    return told


def cases(folder: Path, words: argparse.Namespace) -> list[tuple[str, dict[str, object]]]:
    """What is measured: a name and how."""
    same = {"folder": str(folder), "device": words.device, "runs": words.runs, "kind": "vitmatte"}
    cuda = describe_cuda() is not None and words.device != "cpu"
    found = [("guided", {**same, "kind": "guided", "precision": "fp32"})]
    for precision in ("fp32", "bf16") if cuda else ("fp32",):
        for tile_px, overlap_px in ((256, 64), (512, 128), (1024, 128)) if cuda else ((512, 128),):
            tiled = {**same, "precision": precision, "tile_px": tile_px, "overlap_px": overlap_px}
            found.append((f"tiles of {tile_px}, {precision}", tiled))
        if not words.no_whole:
            whole = {**same, "precision": precision, "tile_px": 2048, "overlap_px": 0}
            found.append((f"one tile, {precision}", whole))
    return found


def main() -> None:
    """Measure and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--no-whole", action="store_true")
    parser.add_argument("--one", type=json.loads, help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.one:
        print(json.dumps(one(words.one)))
        return
    with tempfile.TemporaryDirectory() as kept:
        folder = words.weights or make_small(Path(kept))
        load = os.getloadavg()[0]
        rows = []
        for name, case in cases(folder, words):
            told = apart(case)
            times = [float(value) for value in told["seconds"]]  # type: ignore[attr-defined]
            spread = f"{statistics.median(times):.2f} ({min(times):.2f} to {max(times):.2f})"
            rows.append(f"| {name} | {spread} | {told['gb']:.2f} | {'; '.join(told['notes'])} |")  # type: ignore[arg-type]
            print(rows[-1], flush=True)
    device = describe_cuda() if words.device != "cpu" else None
    body = [
        f"Device: {device or 'CPU'}. A figure 880 px tall in {SIZE[1]}x{SIZE[0]}; the unknown band "
        f"({EDGE_PX} px to both sides) has {told['band_px']:,} px. "
        + ("Weights of the user's own." if words.weights else "Random weights, vitmatte-small.")
        + f" Straight colour included. Load before: {load:.1f} on {cpu_count()} cores.",
        "",
        "| way | s a frame, median (least to most) | GB beyond the network | memory |"
        if device is None
        else "| way | s a frame, median (least to most) | GB of the GPU | memory |",
        "|---|---|---|---|",
        *rows,
        "",
        "*One tile* is the part of the frame round the figure as a whole, which is how upstream "
        "looks at a picture.",
    ]
    packages = ("torch", "transformers", "opencv-python-headless")
    print(write_report("matte_vitmatte", "ViTMatte in tiles", "\n".join(body), packages))


if __name__ == "__main__":
    main()
