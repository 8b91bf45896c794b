"""What a forward of LaMa costs: seconds a picture and peak memory, 18 and 9 blocks, random weights.

On a CPU float32 and bfloat16 at 512x512. With a GPU also 1080p, each with and without
torch.compile. Every case runs in a process of its own, so that its peak is its own.

python benchmarks/lama_forward.py [--runs 5] [--threads 0]
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

import torch

from dated import write_report
from multiplane.networks.lama import LamaGenerator, predict
from multiplane.tensors.devices import describe_cuda
from multiplane.tensors.precision import computing, pick_dtype


@dataclass(frozen=True)
class Case:
    """One way to run it."""

    device: str
    blocks: int
    precision: str
    compiled: bool
    height: int
    width: int
    batch: int


def cases() -> list[Case]:
    """What this machine can do."""
    found = [
        Case("cpu", blocks, precision, False, 512, 512, 1)
        for blocks in (18, 9)
        for precision in ("fp32", "bf16")
    ]
    if torch.cuda.is_available():
        for height, width, batch in ((512, 512, 1), (512, 512, 8), (1080, 1920, 1)):
            found += [
                Case("cuda", 18, precision, compiled, height, width, batch)
                for precision in ("fp32", "bf16", "fp16")
                for compiled in (False, True)
            ]
    return found


def measure(case: Case, runs: int, threads: int) -> dict[str, Any]:
    """Seconds of each run, peak memory, and how far the result is from float32.

    Args:
        case: What to run.
        runs: How often, after two that do not count.
        threads: Of the CPU; 0 for all.

    Returns:
        ``seconds``, ``first_s``, ``peak_gb``, ``off``.
    """
    if threads:
        torch.set_num_threads(threads)
    torch.manual_seed(0)
    device = torch.device(case.device)
    generator: Any = LamaGenerator(case.blocks).eval().requires_grad_(False).to(device)
    images = torch.rand(case.batch, 3, case.height, case.width, device=device)
    masks = torch.zeros(case.batch, 1, case.height, case.width, device=device)
    masks[..., case.height // 3 : case.height // 2, case.width // 3 : case.width // 2] = 1
    with computing(device, torch.float32):
        exact = predict(generator, images, masks) if case.precision != "fp32" else None
    if case.compiled:
        generator.forward = torch.compile(generator.forward)
    seconds = []
    out = images
    if case.device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    for _ in range(runs + 2):
        start = time.perf_counter()
        with computing(device, pick_dtype(case.precision, device)):
            out = predict(generator, images, masks)
        if case.device == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    assert torch.isfinite(out).all()
    off = float((out - exact).abs().max()) if exact is not None else 0.0
    if case.device == "cuda":
        peak = torch.cuda.max_memory_allocated() / 1e9
    else:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    return {"seconds": seconds[2:], "first_s": seconds[0], "peak_gb": peak, "off": off}


def main() -> None:
    """Run all cases, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--case", help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.case:
        print(json.dumps(measure(Case(**json.loads(words.case)), words.runs, words.threads)))
        return
    lines = [
        "| device | blocks | precision | compiled | size | batch | s a picture | first run, s "
        "| peak, GB | furthest from fp32, levels of 255 |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for case in cases():
        command = [sys.executable, __file__, "--case", json.dumps(asdict(case)),
                   "--runs", str(words.runs), "--threads", str(words.threads)]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        got = json.loads(done.stdout.splitlines()[-1])
        each = [second / case.batch for second in got["seconds"]]
        low, middle, high = (f(each) for f in (min, statistics.median, max))
        off = f"{255 * got['off']:.2f}" if case.precision != "fp32" else ""
        lines.append(
            f"| {case.device} | {case.blocks} | {case.precision} | "
            f"{'yes' if case.compiled else 'no'} | {case.width}x{case.height} | {case.batch} | "
            f"{middle:.3f} ({low:.3f} to {high:.3f}) | {got['first_s']:.2f} | "
            f"{got['peak_gb']:.2f} | {off} |"
        )
        print(lines[-1], flush=True)
    lines += [
        "",
        f"{words.runs} runs after two that do not count: median (min to max). Peak memory is that "
        "of the whole process on a CPU (PyTorch itself takes about 0.4 GB) and what was allocated "
        "on a GPU. Weights are random: they cost the same, and the colours say nothing.",
    ]
    if torch.cuda.is_available():
        lines += ["", f"GPU: {describe_cuda()}, CUDA {torch.version.cuda}."]
    threads = words.threads or torch.get_num_threads()
    lines += ["", f"CPU threads: {threads}."]
    body = "\n".join(lines)
    print(write_report("lama_forward", "A forward of LaMa", body, ("torch",)))


if __name__ == "__main__":
    main()
