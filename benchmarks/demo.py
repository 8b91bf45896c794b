"""The demo, from the command to the report: seconds a stage, and the peak of memory.

    python benchmarks/demo.py [--runs 1]

The clip and the weights are fetched before the clock starts.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from dated import write_report
from multiplane.hub import media, weights

BOUND_S = 120


def once(folder: Path) -> tuple[float, dict[str, float]]:
    """Run the demo in a process of its own: wall seconds, and seconds a step."""
    start = time.perf_counter()
    words = [sys.executable, "-m", "multiplane", "demo", "-q", "-o", str(folder)]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    wall = time.perf_counter() - start
    steps = {}
    for path in folder.glob("*/*.json"):
        value = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(value, dict) and "step" in value:
            steps[value["step"]] = float(value["timings"]["wall"])
    return wall, steps


def main() -> None:
    """Run it, quote medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1)
    runs = parser.parse_args().runs
    media.find("bigbuckbunny")
    weights.find("u2netp")
    results = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            results.append(once(Path(folder) / "demo"))
    order = ["shots", "segment", "matte", "plate", "inpaint", "check"]
    wall = statistics.median(result[0] for result in results)
    medians = {step: statistics.median(r[1][step] for r in results) for step in order}
    rest = wall - sum(medians.values())
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    rows = [f"| {step} | {s:.1f} | {1000 * s / 132:.0f} |" for step, s in medians.items()]
    body = "\n".join(
        [
            "| step | s | ms a frame |",
            "|---|---|---|",
            *rows,
            f"| start, ledger, report | {rest:.1f} | |",
            f"| **all** | **{wall:.1f}** | **{1000 * wall / 132:.0f}** |",
            "",
            f"132 frames of 1280x720; bound {BOUND_S} s; peak memory {peak:.2f} GiB; {runs} runs.",
        ]
    )
    print(body)
    packages = ("opencv-python-headless", "onnxruntime", "av")
    print(write_report("demo", "The demo", body, packages))


if __name__ == "__main__":
    main()
