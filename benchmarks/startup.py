"""How long ``multiplane --help`` takes, against an interpreter that does nothing.

python benchmarks/startup.py [--runs 15]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

from dated import write_report

BOUND_S = 0.3


def seconds(words: list[str]) -> float:
    """Wall time of one process."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    """Take turns, quote medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    commands = {
        "python -c pass": ["-c", "pass"],
        "multiplane --help": ["-m", "multiplane", "--help"],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs + 1):
        for name, words in commands.items():
            times[name].append(seconds(words))
    rows = [
        f"| `{name}` | {min(values[1:]):.3f} | {statistics.median(values[1:]):.3f} "
        f"| {max(values[1:]):.3f} |"
        for name, values in times.items()
    ]
    bare, full = (statistics.median(values[1:]) for values in times.values())
    body = "\n".join(
        [
            "| command | min s | median s | max s |",
            "|---|---|---|---|",
            *rows,
            "",
            f"Over bare Python: {full - bare:.3f} s (bound {BOUND_S} s), {runs} runs in turn.",
        ]
    )
    print(body)
    print(write_report("startup", "Start of the command line", body))


if __name__ == "__main__":
    main()
