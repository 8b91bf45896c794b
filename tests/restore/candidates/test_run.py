from __future__ import annotations

import hashlib
import io
import json
import logging
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawn_damage import PLASTER, plaster_wall
from PIL import Image, ImageCms

from multiplane.core.arrays import Frame, Mask
from multiplane.core.errors import InputError, WeightsError
from multiplane.core.items import Item, Record
from multiplane.media.images import read_mask, write_deep, write_frame, write_mask
from multiplane.media.levels import read_levels, write_levels
from multiplane.media.xmp import read_restorations
from multiplane.restore.candidates import proposers as opening
from multiplane.restore.candidates.run import Candidates, CandidatesOptions
from multiplane.restore.inpaint.config import LamaOptions

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def options_of(**given: object) -> CandidatesOptions:
    quick: dict[str, object] = {"backend": "opencv", "rows": 1, "seed": 3, "context_px": 16}
    return CandidatesOptions.model_validate({**quick, **given})


def item_of(root: Path, picture: str = "wall.png", mask: str = "mask.png") -> Item:
    files = {"images": (str(root / picture),), "masks": (str(root / mask),)}
    return Item("a/wall", root / "out", "candidates", files)


def run(item: Item, options: CandidatesOptions) -> tuple[Record, dict[str, Any]]:
    record = Candidates().open(options).work(item)
    (planes,) = record.outputs
    told = json.loads((item.root / planes.files["records"][0]).read_text(encoding="utf-8"))
    return record, told


def saved(root: Path, picture: Any, name: str = "wall.png", **how: Any) -> None:
    (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(
        root / name, **how
    )


def test_a_picture_and_its_mask_become_restorations(
    tmp_path: Path, canvas: Frame, loss: Mask
) -> None:
    write_frame(tmp_path / "wall.png", canvas)
    write_mask(tmp_path / "mask.png", ~loss)
    options = options_of(
        backend={"kind": "patchmatch", "rounds": 1}, rows="patchmatch,opencv", grow_px=2,
        mask_mode="black",
    )  # fmt: skip
    record, told = run(item_of(tmp_path), options)
    (planes,) = record.outputs
    assert planes.id == "a/wall"
    assert dict(planes.files) == {
        "damage": ("candidates/damage/a/wall/wall.png",),
        "candidates": (
            "candidates/candidates/a/wall/wall_r01_patchmatch_3.png",
            "candidates/candidates/a/wall/wall_r02_opencv.png",
        ),
        "layers": (
            "candidates/layers/a/wall/wall_r01_patchmatch_3.png",
            "candidates/layers/a/wall/wall_r02_opencv.png",
        ),
        "records": ("candidates/records/a/wall/wall.json",),
    }
    root = tmp_path / "out"
    hole = read_mask(root / planes.files["damage"][0])
    assert hole[loss].all()
    for name in planes.files["candidates"]:
        restored = read_levels(root / name).levels
        assert np.array_equal(restored[~hole], canvas[~hole])
        assert not np.array_equal(restored[hole], canvas[hole])
        assert len(read_restorations(root / name)) == 1
    assert [row["rank"] for row in told["rows"]] == [1, 2]
    assert told["mask"]["mode"] == "black"
    assert json.dumps(record.figures, allow_nan=False)
    assert record.figures["share"] == told["mask"]["share"]
    assert set(record.timings) == {"read_s", "repair_s", "write_s"}


def test_the_same_again_is_the_same_bytes(tmp_path: Path, canvas: Frame, loss: Mask) -> None:
    write_frame(tmp_path / "wall.png", canvas)
    write_mask(tmp_path / "mask.png", loss)
    options = options_of(backend={"kind": "patchmatch", "rounds": 1}, rows=2)
    digests = []
    for _ in range(2):
        record, _ = run(item_of(tmp_path), options)
        names = [n for plane in record.outputs[0].files.values() for n in plane]
        digests.append(
            [hashlib.sha256((tmp_path / "out" / name).read_bytes()).digest() for name in names]
        )
    assert digests[0] == digests[1]


def test_seed_0_is_written_down_and_gives_the_same_again(
    tmp_path: Path, canvas: Frame, loss: Mask
) -> None:
    write_frame(tmp_path / "wall.png", canvas)
    write_mask(tmp_path / "mask.png", loss)
    backend = {"kind": "patchmatch", "rounds": 1}
    record, told = run(item_of(tmp_path), options_of(backend=backend, seed=0))
    seed = told["rows"][0]["seed"]
    first = (tmp_path / "out" / record.outputs[0].files["candidates"][0]).read_bytes()
    again, _ = run(item_of(tmp_path), options_of(backend=backend, seed=seed))
    assert (tmp_path / "out" / again.outputs[0].files["candidates"][0]).read_bytes() == first


@pytest.mark.parametrize("name", ["wall.tif", "wall.png"])
@pytest.mark.parametrize("clear", [False, True])
def test_16_bits_profile_and_alpha_are_kept(
    name: str, clear: bool, tmp_path: Path, loss: Mask
) -> None:
    rng = np.random.default_rng(2)
    deep = rng.integers(0, 65536, (40, 48, 3)).astype(np.uint16)
    alpha = rng.choice([0, 40_000, 65535], (40, 48)).astype(np.uint16) if clear else None
    saved(tmp_path, np.zeros((2, 2, 3), np.uint8), "tagged.png", icc_profile=PROFILE)
    write_levels(tmp_path / name, deep, alpha, like=tmp_path / "tagged.png")
    write_mask(tmp_path / "mask.png", loss)
    record, told = run(item_of(tmp_path, name), options_of(grow_px=2))
    back = read_levels(tmp_path / "out" / record.outputs[0].files["candidates"][0])
    hole = read_mask(tmp_path / "out" / record.outputs[0].files["damage"][0])
    assert (back.bits, back.kind) == (16, "tiff" if name == "wall.tif" else "png")
    assert np.array_equal(back.levels[~hole], deep[~hole])
    assert back.profile_name
    assert told["picture"]["profile"] == back.profile_name
    assert told["picture"]["alpha"] == clear
    if alpha is None:
        assert back.alpha is None
    else:
        assert back.alpha is not None
        assert np.array_equal(back.alpha[~hole], alpha[~hole])
        assert (back.alpha[loss] == 65535).all()
    layer = read_levels(tmp_path / "out" / record.outputs[0].files["layers"][0])
    assert (layer.bits, layer.profile_name) == (16, back.profile_name)
    assert layer.alpha is not None
    assert np.array_equal(layer.alpha > 0, hole)


def test_a_grey_picture_stays_grey_outside(tmp_path: Path, canvas: Frame, loss: Mask) -> None:
    grey = np.ascontiguousarray(canvas[..., 1])
    saved(tmp_path, grey)
    write_mask(tmp_path / "mask.png", loss)
    record, _ = run(item_of(tmp_path), options_of())
    with Image.open(tmp_path / "out" / record.outputs[0].files["candidates"][0]) as back:
        assert back.mode == "L"
        assert np.array_equal(np.asarray(back)[~loss], grey[~loss])


def test_a_palette_is_looked_up(tmp_path: Path, canvas: Frame, loss: Mask) -> None:
    indexed = Image.fromarray(canvas).quantize(16)
    saved(tmp_path, indexed)
    write_mask(tmp_path / "mask.png", loss)
    record, _ = run(item_of(tmp_path), options_of())
    back = read_levels(tmp_path / "out" / record.outputs[0].files["candidates"][0])
    assert np.array_equal(back.levels[~loss], np.asarray(indexed.convert("RGB"))[~loss])


def test_cmyk_is_converted_and_told(tmp_path: Path, canvas: Frame, loss: Mask) -> None:
    saved(tmp_path, Image.fromarray(canvas).convert("CMYK"), "wall.tif")
    write_mask(tmp_path / "mask.png", loss)
    _, told = run(item_of(tmp_path, "wall.tif"), options_of())
    assert any("CMYK" in note for note in told["notes"])


@pytest.mark.parametrize("drawn", ["upright", "as stored", "with its own EXIF"])
def test_a_turned_picture_and_masks_drawn_either_way(
    drawn: str, tmp_path: Path, canvas: Frame, loss: Mask
) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    buffer = io.BytesIO()
    Image.fromarray(canvas).save(buffer, "JPEG", quality=95, exif=turned)
    (tmp_path / "wall.jpg").write_bytes(buffer.getvalue())
    upright = np.rot90(loss, -1)
    mask = np.ascontiguousarray(upright if drawn == "upright" else loss).view(np.uint8) * 255
    how = {"exif": turned} if drawn == "with its own EXIF" else {}
    saved(tmp_path, mask, "mask.png", **how)
    record, told = run(item_of(tmp_path, "wall.jpg"), options_of())
    assert told["picture"]["turned"]
    assert told["picture"]["size"] == [40, 48]
    hole = read_mask(tmp_path / "out" / record.outputs[0].files["damage"][0])
    assert np.array_equal(hole, upright)
    assert any("as it lies in its file" in note for note in told["notes"]) == (drawn == "as stored")
    back = read_levels(tmp_path / "out" / record.outputs[0].files["candidates"][0])
    assert (back.kind, back.turned) == ("png", 1)
    original = read_levels(tmp_path / "wall.jpg").levels
    assert np.array_equal(back.levels[~hole], original[~hole])


def test_a_mask_of_another_size_is_warned_of(
    tmp_path: Path, canvas: Frame, loss: Mask, caplog: pytest.LogCaptureFixture
) -> None:
    write_frame(tmp_path / "wall.png", canvas)
    write_mask(tmp_path / "mask.png", np.kron(loss, np.ones((3, 3), np.bool_)))
    with caplog.at_level(logging.WARNING):
        _, told = run(item_of(tmp_path), options_of())
    words = "the mask is 144x120, the picture 48x40"
    assert f"mask.png: {words}" in caplog.text
    assert told["notes"][0].startswith(words)
    assert told["mask"]["fitted_from"] == [144, 120]
    assert told["mask"]["pixels"] == loss.sum()


def test_an_empty_mask_gives_the_original_and_says_so(tmp_path: Path) -> None:
    deep = np.random.default_rng(1).integers(0, 65536, (9, 11, 3)).astype(np.uint16)
    write_deep(tmp_path / "wall.tif", deep)
    write_mask(tmp_path / "mask.png", np.zeros((9, 11), np.bool_))
    record, told = run(item_of(tmp_path, "wall.tif"), options_of(rows=4))
    (name,) = record.outputs[0].files["candidates"]
    assert np.array_equal(read_levels(tmp_path / "out" / name).levels, deep)
    assert told["rows"][0]["backend"] == "none"
    assert told["mask"]["pixels"] == 0
    assert "nothing was to be repaired" in told["notes"][0]


def test_a_full_mask_fails_with_a_way_out(tmp_path: Path, canvas: Frame) -> None:
    write_frame(tmp_path / "wall.png", canvas)
    write_mask(tmp_path / "mask.png", np.ones(canvas.shape[:2], np.bool_))
    with pytest.raises(InputError, match="white all over") as caught:
        run(item_of(tmp_path), options_of())
    assert caught.value.fix.startswith("--mask-mode black")


def test_a_row_that_fails_is_told_and_the_picture_done(
    tmp_path: Path, canvas: Frame, loss: Mask, monkeypatch: pytest.MonkeyPatch, painted: type
) -> None:
    def open_proposer(options: object, compute: object) -> object:
        if isinstance(options, LamaOptions):
            raise WeightsError("big-lama is broken", fix="multiplane models pull big-lama")
        return painted()

    monkeypatch.setattr(opening, "open_proposer", open_proposer)
    write_frame(tmp_path / "wall.png", canvas)
    write_mask(tmp_path / "mask.png", loss)
    record, told = run(item_of(tmp_path), options_of(rows="lama,patchmatch"))
    assert [row["row"] for row in told["rows"]] == [2]
    assert told["failed"][0]["what"] == "big-lama is broken"
    (bad,) = json.loads(json.dumps(record.figures["bad_files"]))
    assert bad["what"] == "row 1 (lama) is missing: big-lama is broken"
    assert bad["fix"] == "multiplane models pull big-lama"
    with pytest.raises(WeightsError, match="big-lama is broken"):
        Candidates().open(options_of(rows="lama,lama:4"))


def test_likeness_counts_where_its_network_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Judge:
        def __init__(self, features: Path) -> None:
            assert features == tmp_path / "alex.safetensors"

        def distance(self, first: Frame, second: Frame, mask: Mask | None = None) -> float:
            return 0.5 if mask is not None else 0.125

    monkeypatch.setattr("multiplane.restore.candidates.run.load", lambda target: Judge)
    (tmp_path / "alex.safetensors").write_bytes(b"features")
    weave = np.random.default_rng(1).integers(0, 255, (200, 230, 3)).astype(np.uint8)
    loss = np.zeros((200, 230), np.bool_)
    loss[90:110, 100:130] = True
    write_frame(tmp_path / "wall.png", weave)
    write_mask(tmp_path / "mask.png", loss)
    options = options_of(lpips_features=str(tmp_path / "alex.safetensors"))
    _, told = run(item_of(tmp_path), options)
    assert told["rows"][0]["scores"]["likeness"] == 0.375
    with pytest.raises(WeightsError, match="gone"):
        Candidates().open(options_of(lpips_features=str(tmp_path / "gone.safetensors")))


def test_an_item_is_one_picture_with_one_mask(tmp_path: Path) -> None:
    worker = Candidates().open(options_of())
    item = Item("a", tmp_path, "candidates", {"images": ("x.png", "y.png"), "masks": ("x.png",)})
    with pytest.raises(InputError, match="has 2 pictures and 1 masks") as caught:
        worker.work(item)
    assert caught.value.fix.startswith("multiplane run restore-artwork --images")


def test_the_fingerprint_knows_the_weights_of_every_row(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("multiplane.hub.weights.ready", lambda model: f"hash of {model}")
    monkeypatch.setattr(
        "multiplane.hub.pipelines.ready", lambda model, config="": f"hash of {model}{config}"
    )
    monkeypatch.setattr("multiplane.hub.loras.lora_fingerprint", " ".join)
    stage = pickle.loads(pickle.dumps(Candidates()))
    backend = {"kind": "diffusion", "model": "sdxl", "config": "/c", "lora": ["a@1"]}
    assert stage.fingerprint(options_of(backend=backend, rows="diffusion,lama,patchmatch")) == (
        "diffusion hash of sdxl/c a@1 lama hash of big-lama patchmatch"
    )
    assert stage.fingerprint(options_of()) == "opencv"
    (tmp_path / "alex.safetensors").write_bytes(b"features")
    features = {"lpips_features": str(tmp_path / "alex.safetensors")}
    told = stage.fingerprint(options_of(**features))
    assert told == f"opencv {hashlib.sha256(b'features').hexdigest()}"
    assert stage.fingerprint(options_of(score=False, **features)) == "opencv"
    assert "big-lama" in stage.weights(options_of(rows="lama,opencv"))
    assert stage.weights(options_of(rows=[{"backend": {"kind": "lama", "model": "/x"}}])) == ()


def test_rows_whose_weights_cannot_be_had_leave_the_others_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def absent(model: str, config: str = "") -> str:
        raise WeightsError(f"cannot get {model}", why="no network", fix="multiplane models pull")

    monkeypatch.setattr("multiplane.hub.weights.ready", absent)
    monkeypatch.setattr("multiplane.hub.pipelines.ready", absent)
    stage = Candidates()
    told = stage.fingerprint(options_of(rows="diffusion,lama,opencv"))
    assert told == "diffusion without diffusion lama without lama opencv"
    with pytest.raises(WeightsError, match="cannot get sd2-inpainting") as caught:
        stage.fingerprint(options_of(rows="diffusion,lama"))
    assert caught.value.fix == "multiplane models pull"


def test_a_mask_that_misses_the_rim_of_its_damage_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    frame, mask = plaster_wall((120, 160)), np.zeros((120, 160), np.bool_)
    frame[30:80, 40:110] = PLASTER
    mask[32:78, 42:108] = True
    write_frame(tmp_path / "wall.png", frame)
    write_mask(tmp_path / "mask.png", mask)
    item = item_of(tmp_path)
    with caplog.at_level(logging.WARNING):
        _, told = run(item, options_of())
    [note] = [note for note in told["notes"] if "beyond this mask" in note]
    assert "reach 2 px" in note
    assert note.endswith("try --grow-px 6, of which --feather-px 4 are blended")
    assert f"mask.png: {note}" in caplog.text
    for enough in ({"grow_px": 6}, {"grow_px": 2, "feather_px": 0}):
        _, told = run(item, options_of(**enough))
        assert not [note for note in told["notes"] if "beyond this mask" in note]
