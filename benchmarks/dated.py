"""Reports of benchmarks: a dated Markdown file with machine, versions and command."""

from __future__ import annotations

import datetime
import os
import platform
import sys
from pathlib import Path

from multiplane.core.atomic import write_text
from multiplane.core.provenance import versions

REPORTS = Path(__file__).parent / "reports"


def processor() -> str:
    """The processor's own name for itself, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def machine() -> str:
    """Processor, cores that may be used, memory and system, in one line."""
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = f"{pages * size / 2**30:.0f} GiB"
    return f"{processor()}, {cores} cores, {memory}, {platform.system()} {platform.release()}"


def write_report(name: str, title: str, body: str, packages: tuple[str, ...] = ()) -> Path:
    """Write ``reports/<name>.md``.

    Args:
        name: The benchmark's file name without suffix.
        title: The heading.
        body: Markdown with the figures.
        packages: Packages whose versions matter, beside Python and numpy.

    Returns:
        The report.
    """
    found = versions()
    kept = {key: found[key] for key in ("python", "numpy", *packages) if key in found}
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    words = " ".join([f"python benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]])
    text = (
        f"# {title}\n\n{today} · {machine()}\n\n"
        + ", ".join(f"{key} {value}" for key, value in kept.items())
        + f"\n\n    {words}\n\n{body.strip()}\n"
    )
    path = REPORTS / f"{name}.md"
    write_text(path, text)
    return path
