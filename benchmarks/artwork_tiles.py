"""Peak memory of diffusion over pictures of growing size, in tiles and whole.

python benchmarks/artwork_tiles.py [--megapixels 2 8 24 96] [--whole 1 2] [--model FOLDER]

One crop holds a crack from corner to corner, so that the whole picture is looked at. Each run is a
process of its own. ``whole`` paints the crop as one tile.
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

from artwork_crops import SIZE_PX, draw, held_gb, peak_gb
from dated import write_report

STEP_PX = 64
"""What sides are multiples of."""


def alone(words: argparse.Namespace) -> None:
    """Run one size in this process and print what it took as JSON."""
    from multiplane.core.compute import Compute  # noqa: PLC0415
    from multiplane.restore.inpaint.backend import Gap  # noqa: PLC0415
    from multiplane.restore.inpaint.backends.diffusion import DiffusionInpainter  # noqa: PLC0415
    from multiplane.restore.inpaint.diffusion import DiffusionOptions  # noqa: PLC0415

    frame, _ = draw(words.megapixels[0], 0.0)
    height, width = frame.shape[:2]
    hole = np.zeros((height, width), np.uint8)
    cv2.line(hole, (0, 0), (width - 1, height - 1), 1, 24)
    # a larger size would enlarge the picture
    whole = math.ceil(math.sqrt(height * width) / STEP_PX) * STEP_PX
    size = whole if words.alone == "whole" else SIZE_PX
    window = 0 if words.alone == "whole" else 1024
    options = DiffusionOptions(
        model=str(words.model), steps=1, guidance=1, size_px=size, max_shrink=1, vae_tile_px=window
    )
    inpainter = DiffusionInpainter(options, compute=Compute(device="cpu"))
    mask = hole.view(np.bool_)
    before = held_gb()
    start = time.perf_counter()
    (found,) = inpainter.propose(Gap(frame, mask, ~mask), [1])
    assert np.isfinite(found.values).all()
    told = {
        "s": time.perf_counter() - start,
        "before_gb": before,
        "peak_gb": peak_gb(),
        "size": [width, height],
        "picture_gb": (frame.nbytes + mask.nbytes) / 1e9,
    }
    print(json.dumps(told))


def ask(way: str, megapixels: float, model: Path) -> dict[str, float]:
    """Run one size in a process of its own.

    Raises:
        RuntimeError: It failed.
    """
    command = [
        sys.executable, __file__, "--alone", way, "--megapixels", str(megapixels), "--model",
        str(model),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{way} {megapixels}: exit {done.returncode}: {done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    print(way, found, flush=True)
    return found


def main() -> None:
    """Measure, print, write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megapixels", type=float, nargs="+", default=[2, 8, 24, 96])
    parser.add_argument("--whole", type=float, nargs="*", default=[1, 2])
    parser.add_argument("--model", type=Path)
    parser.add_argument("--alone", choices=("tiles", "whole"))
    words = parser.parse_args()
    if words.alone:
        alone(words)
        return
    lines = [
        "| way | picture | its own arrays, GB | peak above what was there, GB | s |",
        "|" + "---|" * 5,
    ]
    with tempfile.TemporaryDirectory() as folder:
        if words.model is None:
            from artwork_pipeline import save_pipeline  # noqa: PLC0415

            model = save_pipeline(Path(folder) / "narrow")
        else:
            model = words.model
        asked = [*(("whole", n) for n in words.whole), *(("tiles", n) for n in words.megapixels)]
        for way, megapixels in asked:
            one = ask(way, megapixels, model)
            width, height = one["size"]  # type: ignore[misc]
            lines.append(
                f"| {way} | {width}x{height} | {one['picture_gb']:.2f} | "
                f"{one['peak_gb'] - one['before_gb']:.2f} | {one['s']:.1f} |"
            )
    lines += [
        "",
        "One denoising step without guidance, fp32, CPU; tiles of 512 px and autoencoder windows "
        "of 1024 px against one tile and one window. A crack of 24 px from corner to corner, the "
        "whole picture in one crop. What was there: interpreter, libraries, networks, picture.",
    ]
    body = "\n".join(lines)
    print(body)
    title = "Memory of diffusion in tiles and whole"
    print(write_report("artwork_tiles", title, body, ("torch", "diffusers")))


if __name__ == "__main__":
    main()
