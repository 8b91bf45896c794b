from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from multiplane.engine.reference import anchor, reference

DOCS = Path(__file__).resolve().parents[2] / "docs" / "recipes.md"


def test_the_page_is_what_the_models_say() -> None:
    words = [sys.executable, "-m", "multiplane.engine.reference"]
    done = subprocess.run(words, capture_output=True, check=True)
    assert DOCS.read_bytes() == done.stdout, (
        "python -m multiplane.engine.reference > docs/recipes.md"
    )


def test_nothing_is_told_twice_of_a_stage() -> None:
    for part in reference().split("\n## "):
        titles = [line for line in part.splitlines() if line.startswith("### ")]
        assert len(titles) == len(set(titles)), part.splitlines()[0]


def test_anchor() -> None:
    assert anchor("split.segment") == "splitsegment"
