from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from multiplane.core.arrays import Frame, Mask
from multiplane.core.errors import InputError
from multiplane.core.items import Json
from multiplane.media.images import write_frame, write_mask
from multiplane.media.levels import read_levels
from multiplane.media.xmp import ALGORITHMIC, GENERATIVE
from multiplane.restore.candidates.candidate import Candidate, Failed, Ground, Repairs
from multiplane.restore.candidates.config import CandidatesOptions
from multiplane.restore.candidates.damage import find_damage
from multiplane.restore.candidates.masks import FittedMask
from multiplane.restore.candidates.record import (
    Source,
    Written,
    dump,
    record_of,
    sha256_of,
    statement,
    texts,
)
from multiplane.restore.candidates.repair import NOTHING

SETTINGS: dict[str, Json] = {
    "model": "m",
    "loras": [{"file": "l", "weight": 0.8}],
    "negative_prompt": "blur",
}


def made(
    root: Path, canvas: Frame, loss: Mask, backend: str = "diffusion"
) -> tuple[Source, Repairs]:
    write_frame(root / "wall.png", canvas)
    write_mask(root / "mask.png", loss)
    fitted = FittedMask(loss, (20, 20), ("it was fitted",))
    options = CandidatesOptions(grow_px=2, feather_px=9)
    original = read_levels(root / "wall.png")
    source = Source(root / "wall.png", original, root / "mask.png", fitted, options)
    damage = find_damage(loss, 2)
    values = np.zeros((len(damage.places), 3), np.uint8)
    one = Candidate(
        2, backend, backend, 8, SETTINGS, Ground(canvas), damage, values, damage.shares(2, 255),
        notes=("half the batch",),
    )  # fmt: skip
    error = InputError("broken", why="it is", fix="mend it")
    return source, Repairs(damage, [one], [Failed(1, "lama", 7, error)], ["a note"])


def test_a_record_says_what_was_made_up(tmp_path: Path, canvas: Frame, loss: Mask) -> None:
    source, repairs = made(tmp_path, canvas, loss)
    written = [Written("c/wall_r02.png", "l/wall_r02.png", ("no room",))]
    record = record_of(source, repairs, written)
    assert record["picture"] == {
        "file": "wall.png",
        "sha256": hashlib.sha256((tmp_path / "wall.png").read_bytes()).hexdigest(),
        "size": [48, 40], "bits": 8, "kind": "png", "profile": None, "alpha": False,
        "turned": False, "converted": None,
    }  # fmt: skip
    mask = record["mask"]
    assert isinstance(mask, dict)
    assert mask["pixels"] == int(loss.sum())
    assert mask["share"] == round(float(loss.mean()), 6)
    assert mask["repaired_pixels"] == len(repairs.damage.places)
    assert (mask["pieces"], mask["fitted_from"], mask["feather_px"]) == (2, [20, 20], 2)
    assert record["method"] == {
        "context_px": 128, "together": False, "match_colour": True, "match_grain": True,
    }  # fmt: skip
    assert record["rows"] == [
        {
            "row": 2, "backend": "diffusion", "by": "diffusion", "seed": 8, "settings": SETTINGS,
            "candidate": "wall_r02.png", "layer": "wall_r02.png", "scores": None, "rank": None,
            "notes": ["half the batch", "no room"],
        }
    ]  # fmt: skip
    assert record["failed"] == [
        {"row": 1, "backend": "lama", "seed": 7, "what": "broken", "why": "it is", "fix": "mend it"}
    ]
    assert record["notes"] == ["it was fitted", "a note"]
    assert "numpy" in record["software"]  # type: ignore[operator]
    assert json.loads(dump(record)) == record
    assert dump(record) == dump(record_of(source, repairs, written))


@pytest.mark.parametrize(
    ("backend", "kind"),
    [
        ("diffusion", GENERATIVE), ("lama", GENERATIVE), ("foreign", GENERATIVE),
        ("patchmatch", ALGORITHMIC), ("opencv", ALGORITHMIC), (NOTHING, None),
    ],
)  # fmt: skip
def test_each_file_states_what_it_is(
    backend: str, kind: str | None, tmp_path: Path, canvas: Frame, loss: Mask
) -> None:
    source, repairs = made(tmp_path, canvas, loss, backend)
    record = record_of(source, Repairs(repairs.damage), [])
    stated = statement(record, repairs.candidates[0])
    assert stated.get("Iptc4xmpExt:DigitalSourceType") == kind
    assert stated["Seed"] == 8
    assert stated["Settings"]["NegativePrompt"] == "blur"  # type: ignore[index, call-overload]
    assert stated["Method"]["MatchGrain"] is True  # type: ignore[index, call-overload]
    told = texts(stated)
    assert json.loads(told["Restoration"])["Settings"]["Model"] == "m"
    if backend == NOTHING:
        assert "nothing was repaired" in told["Comment"]
    else:
        assert f"is made up by {backend}; the rest is the original" in told["Comment"]


def test_a_picture_that_was_converted_is_not_called_the_same_bit_for_bit(
    tmp_path: Path, canvas: Frame, loss: Mask
) -> None:
    source, repairs = made(tmp_path, canvas, loss)
    same = texts(statement(record_of(source, Repairs(repairs.damage), []), repairs.candidates[0]))[
        "Comment"
    ]
    assert same.endswith("the rest is the original, bit for bit.")
    note = "converted from CMYK to sRGB"
    inked = replace(source, original=replace(source.original, notes=(note,), converted=note))
    record = record_of(inked, Repairs(repairs.damage), [])
    stated = statement(record, repairs.candidates[0])
    assert texts(stated)["Comment"].endswith(f"the rest is the original, but {note}.")
    assert stated["Original"]["Converted"] == note  # type: ignore[index, call-overload]


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file") as caught:
        sha256_of(tmp_path / "gone.png")
    assert caught.value.fix.startswith("leave the pictures where they are")
