from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from multiplane.core.arrays import Frame, Mask
from multiplane.core.atomic import write_text
from multiplane.core.items import Item
from multiplane.media.images import write_cutout, write_frame, write_mask


class Case(NamedTuple):
    original: Frame
    damage: Mask
    restorations: list[Frame]


@pytest.fixture
def case() -> Case:
    """A picture of noise with two damages, and three repairs that touch nothing else."""
    rng = np.random.default_rng(5)
    original = rng.integers(0, 256, (60, 90, 3), np.uint8)
    damage = np.zeros((60, 90), np.bool_)
    damage[10:22, 12:40] = damage[55:, 80:] = True
    repairs = []
    for _ in range(3):
        repaired = original.copy()
        repaired[damage] = rng.integers(0, 256, (int(damage.sum()), 3), np.uint8)
        repairs.append(repaired)
    return Case(original, damage, repairs)


@pytest.fixture
def record() -> dict[str, Any]:
    """What restore.candidates says of the case; the prompt and the name mean harm."""
    rows: list[dict[str, Any]] = [
        {
            "row": number,
            "backend": backend,
            "by": backend,
            "seed": seed,
            "settings": {"kind": backend, "model": model, "prompt": PROMPT, "guidance": 5.0},
            "candidate": f"wall_{number}.png",
            "layer": f"wall_{number}_layer.png",
            "scores": {"seam": 0.1, "likeness": None, "total": total},
            "rank": rank,
            "notes": [],
        }
        for number, backend, seed, model, total, rank in (
            (1, "diffusion", 7, "/models/sd2.safetensors", 0.9, 3),
            (2, "lama", None, "big-lama", 0.25, 1),
            (3, "patchmatch", 9, None, 0.5, 2),
        )
    ]
    return {
        "version": 1,
        "picture": {"file": "wall.png", "size": [90, 60], "bits": 8, "profile": None},
        "mask": {"file": "wall.png", "share": 0.0713, "pixels": 385, "repaired_share": 0.08},
        "rows": rows,
        "failed": [
            {
                "row": 4,
                "backend": "diffusion",
                "seed": 8,
                "what": "no memory",
                "why": "",
                "fix": "buy",
            }
        ],
        "software": {"multiplane": "0.1.0"},
        "notes": ["the mask was fitted"],
    }


PROMPT = "</script><img src=x onerror=alert(1)>\u2028修补佛像 & 'walls' \"quoted\""


@pytest.fixture
def make_item(case: Case, record: dict[str, Any], tmp_path: Path) -> Callable[..., Item]:
    """Write the case as files of a run."""

    def make(name: str = "wall", change: Callable[[Path], None] | None = None) -> Item:
        files: dict[str, tuple[str, ...]] = {
            "images": (str(tmp_path / f"{name}.png"),),
            "damage": ("candidates/damage/wall.png",),
            "candidates": tuple(
                f"candidates/candidates/{row['candidate']}" for row in record["rows"]
            ),
            "layers": tuple(f"candidates/layers/{row['layer']}" for row in record["rows"]),
            "records": ("candidates/records/wall.json",),
        }
        write_frame(tmp_path / f"{name}.png", case.original)
        write_mask(tmp_path / files["damage"][0], case.damage)
        for place, layer, repaired in zip(
            files["candidates"], files["layers"], case.restorations, strict=True
        ):
            write_frame(tmp_path / place, repaired)
            write_cutout(tmp_path / layer, repaired, case.damage.astype(np.float32))
        write_text(tmp_path / files["records"][0], json.dumps(record))
        if change is not None:
            change(tmp_path)
        return Item(f"hall/{name}", tmp_path, "collage", files)

    return make
