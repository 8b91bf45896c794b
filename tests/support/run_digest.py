"""What of a run folder is the same however often the run was cut off."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

CHANGING = {"ledger.sqlite", "provenance.json", "report.html", "run.lock", "resources.json"}
"""What differs between two runs of the same work: times of day, timings, process numbers."""


def digest(run: Path) -> dict[str, str]:
    """Every file of a run that a second run would write alike → what it holds, less timings."""
    found = {}
    for path in sorted(p for p in run.rglob("*") if p.is_file()):
        name = str(path.relative_to(run))
        if name in CHANGING or path.name.startswith("."):
            continue
        data = path.read_bytes()
        if path.name.endswith("_metadata.json"):
            value = json.loads(data)
            value.pop("timings")
            data = json.dumps(value).encode()
        found[name] = hashlib.sha256(data).hexdigest()
    return found
