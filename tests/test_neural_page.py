"""The page of all backends has a row for each of them, and says what the table of models says."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

from multiplane.hub.table import MODELS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "neural.md"
STAGES = [
    "split.segment",
    "split.track",
    "split.detect",
    "split.matte",
    "split.stereo",
    "restore.inpaint",
]


def part(stage: str) -> str:
    """What stands under the heading of a stage."""
    (text,) = [one for one in PAGE.read_text(encoding="utf-8").split("\n## ")
               if stage in one.split("\n")[0]]  # fmt: skip
    return text


@pytest.mark.parametrize("stage", STAGES)
def test_every_backend_has_a_row(stage: str) -> None:
    table = import_module(f"multiplane.{stage}.backend").BACKENDS
    rows = re.findall(r"^\| `(\w+)` \|", part(stage), flags=re.MULTILINE)
    assert sorted(rows) == sorted(table)


def test_every_model_is_named() -> None:
    """In full, or by its end behind another of its family: `sam2.1-tiny`, `-small`."""
    words = set(re.findall(r"`([^`]+)`", PAGE.read_text(encoding="utf-8")))
    heads = {"sam2.1", "d-fine", "rf-detr", "vitmatte"}
    for name in MODELS:
        ends = {name.removeprefix(head) for head in heads if name.startswith(head)}
        assert name in words or ends & words, name


@pytest.mark.parametrize("name", ["sam3", "lama-anime"])
def test_what_is_never_a_default_says_so(name: str) -> None:
    rows = [row for row in PAGE.read_text(encoding="utf-8").splitlines() if f"`{name}`" in row]
    assert rows
    assert all("never a default" in row for row in rows)
    assert not MODELS[name].commercial or MODELS[name].licence != "Apache-2.0"


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", PAGE.read_text(encoding="utf-8"))
    assert len(links) > 8
    for link in links:
        assert (PAGE.parent / link).exists(), link
