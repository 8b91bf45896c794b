from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from multiplane.core.arrays import Frame, Mask
from multiplane.core.items import Item
from multiplane.media.encode import NO_TAGS
from multiplane.media.images import write_frame
from multiplane.media.levels import Original, read_levels
from multiplane.media.xmp import read_restorations
from multiplane.restore.candidates.candidate import Candidate, Ground
from multiplane.restore.candidates.damage import find_damage
from multiplane.restore.candidates.files import name_for, suffix_for, write_candidate

PLAIN = Original(
    levels=np.zeros((2, 2, 3), np.uint8), alpha=None, bits=8, kind="png", profile_name=None,
    turned=1, stored_size=(2, 2), grey=False, tags=NO_TAGS, notes=(),
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "given", "wanted", "suffix"),
    [
        ("a.PNG", {}, "lossless", ".png"),
        ("a.tiff", {"kind": "tiff"}, "lossless", ".tiff"),
        ("a.tif", {"kind": "tiff"}, "lossless", ".tif"),
        ("a.dat", {"kind": "tiff"}, "lossless", ".tif"),
        ("a.bmp", {"kind": "bmp"}, "lossless", ".bmp"),
        ("a.bmp", {"kind": "bmp", "alpha": np.zeros((2, 2), np.uint8)}, "lossless", ".png"),
        ("a.jpg", {"kind": "jpeg"}, "lossless", ".png"),
        ("a.webp", {"kind": "webp"}, "lossless", ".png"),
        ("a.jpg", {"kind": "jpeg"}, "tif", ".tif"),
        ("a.tif", {"kind": "tiff"}, "png", ".png"),
    ],
)
def test_restorations_are_written_as_what_loses_nothing(
    name: str, given: dict[str, object], wanted: str, suffix: str
) -> None:
    original = replace(PLAIN, **given)  # type: ignore[arg-type]
    assert suffix_for(Path(name), original, wanted) == suffix  # type: ignore[arg-type]


def candidate(canvas: Frame, loss: Mask, backend: str, seed: int | None) -> Candidate:
    damage = find_damage(loss, 2)
    values = np.full((len(damage.places), 3), 77, np.uint8)
    return Candidate(
        2, backend, backend, seed, {"model": "m"}, Ground(canvas), damage, values,
        damage.shares(2, 255),
    )  # fmt: skip


def test_names_say_row_backend_and_seed(canvas: Frame, loss: Mask) -> None:
    assert name_for("wall", candidate(canvas, loss, "diffusion", 9)) == "wall_r02_diffusion_9"
    assert name_for("wall", candidate(canvas, loss, "lama", None)) == "wall_r02_lama"
    assert name_for("wall", candidate(canvas, loss, "../x y", 1)) == "wall_r02_-x-y_1"


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_a_layer_over_its_original_is_the_candidate(
    suffix: str, tmp_path: Path, canvas: Frame, loss: Mask
) -> None:
    write_frame(tmp_path / "wall.png", canvas)
    original = read_levels(tmp_path / "wall.png")
    item = Item("a/wall", tmp_path, "candidates", {})
    sources = {"file": "wall.png", "sha256": "0" * 64}
    mask = {**sources, "share": 0.01, "repaired_share": 0.02, "repaired_pixels": 5}
    record = {"picture": dict(sources), "mask": mask, "method": {"together": True}}
    one = candidate(canvas, loss, "patchmatch", 9)
    done = write_candidate(item, "wall", one, (original, suffix), record)  # type: ignore[arg-type]
    assert done.candidate == f"candidates/candidates/a/wall/wall_r02_patchmatch_9{suffix}"
    assert done.layer == "candidates/layers/a/wall/wall_r02_patchmatch_9.png"
    restored, layer = (read_levels(tmp_path / name) for name in (done.candidate, done.layer))
    assert np.array_equal(restored.levels, one.picture)
    assert layer.alpha is not None
    a = layer.alpha.astype(np.int64)[..., None]
    over = (2 * (canvas.astype(np.int64) * (255 - a) + layer.levels * a) + 255) // 510
    assert np.array_equal(over, restored.levels)
    for name in (done.candidate, done.layer):
        (stated,) = read_restorations(tmp_path / name)
        assert stated["Seed"] == "9"
        assert stated["Settings/Model"] == "m"
