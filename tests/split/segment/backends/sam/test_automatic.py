from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("transformers", reason="needs pip install 'multiplane[neural]'")

from blobs import DrawnSam  # noqa: E402
from slow_masks import generate  # noqa: E402
from tiny_sam import FAMILIES, save_tiny_sam  # noqa: E402

from multiplane.core.compute import Compute  # noqa: E402
from multiplane.core.errors import BackendError  # noqa: E402
from multiplane.networks.sam.load import open_image_sam  # noqa: E402
from multiplane.split.segment.backends.sam.automatic import Automatic  # noqa: E402
from multiplane.split.segment.backends.sam.proposal import to_upstream  # noqa: E402
from multiplane.split.segment.config import AutomaticOptions  # noqa: E402
from multiplane.tensors.memory import Memory  # noqa: E402

LOOSE = {"pred_iou_thresh": 0.6, "stability_score_thresh": 0.5}


def picture(width: int, height: int, seed: int = 0):
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (height, width, 3), dtype=np.uint8)


def slowly(sam, frame, **options):
    """The same answers, in upstream's steps."""

    def answer(box, points):
        x0, y0, x1, y1 = box
        decoded = sam.decode(sam.encode([frame[y0:y1, x0:x1]])[0], points=points[:, None])
        return decoded.logits, decoded.iou

    return generate((frame.shape[1], frame.shape[0]), answer, **options)


def assert_same(ours, theirs) -> None:
    assert len(ours) == len(theirs)
    for one, another in zip(ours, theirs, strict=True):
        mine, other = dict(one), dict(another)
        assert np.array_equal(mine.pop("segmentation"), other.pop("segmentation"))
        assert mine.keys() == other.keys()
        np.testing.assert_equal(mine, other)  # not-a-number equals itself


def test_records_are_upstreams(request) -> None:
    sam, frame = DrawnSam(low_px=32), picture(256, 128)
    options = {"points_per_side": 12, **LOOSE}
    ours = to_upstream(Automatic(sam, AutomaticOptions(**options)).propose([frame])[0])
    theirs = slowly(sam, frame, **options)
    assert len(theirs) > 10
    assert_same(ours, theirs)
    ious = [record["predicted_iou"] for record in ours]
    assert ious == sorted(ious, reverse=True)
    areas = [record["area"] for record in ours]
    assert areas != sorted(areas, reverse=True)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    size=st.sampled_from([(64, 64), (128, 32), (16, 256), (8, 8), (64, 16)]),
    noise=st.sampled_from([0.0, 0.3, 3.0]),
    options=st.fixed_dictionaries(
        {
            "points_per_side": st.just(4),
            "pred_iou_thresh": st.sampled_from([0.0, 0.6, 0.75, 0.96875]),
            "stability_score_thresh": st.sampled_from([0.0, 0.3, 0.6, 0.95]),
            "mask_threshold": st.sampled_from([0.0, 0.5, -0.25]),
            "stability_score_offset": st.sampled_from([0.0, 0.25, 1.0]),
            "box_nms_thresh": st.sampled_from([0.0, 0.5, 0.7, 1.0]),
        }
    ),
)
def test_random_blobs_give_upstreams_records(seed, size, noise, options) -> None:
    sam, frame = DrawnSam(seed=seed, noise=noise), picture(*size)
    ours = Automatic(sam, AutomaticOptions(points_per_batch=5, **options)).propose([frame])[0]
    assert_same(to_upstream(ours), slowly(sam, frame, **options))


@settings(max_examples=6, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    layers=st.integers(1, 2),
    factor=st.sampled_from([2, 3]),
    across=st.sampled_from([0.3, 0.7]),
)
def test_crops_give_upstreams_records(seed, layers, factor, across) -> None:
    sam, frame = DrawnSam(seed=seed, noise=0.0), picture(512, 256)
    options = {
        "points_per_side": 9, "crop_n_layers": layers, "crop_n_points_downscale_factor": factor,
        "crop_overlap_ratio": 0.0, "crop_nms_thresh": across, **LOOSE,
    }  # fmt: skip
    ours = Automatic(sam, AutomaticOptions(**options)).propose([frame])[0]
    assert_same(to_upstream(ours), slowly(sam, frame, **options))


def test_crops_are_looked_at_and_cut_masks_dropped() -> None:
    sam, frame = DrawnSam(noise=0.0), picture(512, 256)
    options = AutomaticOptions(points_per_side=8, crop_n_layers=1, **LOOSE)
    found = Automatic(sam, options).propose([frame])[0]
    crops = {proposal.crop_box for proposal in found}
    assert (0, 0, 512, 256) in crops
    assert len(crops) == 5
    for proposal in found:
        assert proposal.crop_box[0] <= proposal.point[0] <= proposal.crop_box[2]
        for edge, crop, whole in zip(
            proposal.box, proposal.crop_box, (0, 0, 512, 256), strict=True
        ):
            assert abs(edge - crop) > 19 or abs(edge - whole) <= 20


def test_presets_differ_and_single_values_win() -> None:
    sam, frame = DrawnSam(low_px=32), picture(128, 64)

    def count(**options):
        return len(Automatic(sam, AutomaticOptions(**options)).propose([frame])[0])

    assert count() < count(preset="conservative")
    assert sum(sam.asked) == 32 * 32 + 20 * 20
    sam.asked.clear()
    assert count(preset="optimized", points_per_side=3, pred_iou_thresh=1.0) == 0
    assert sum(sam.asked) == 9


def test_several_frames_are_encoded_together_and_stay_apart() -> None:
    sam = DrawnSam()
    frames = [picture(64, 32, 1), picture(32, 64, 2), picture(64, 32, 3)]
    options = AutomaticOptions(points_per_side=4, **LOOSE)
    together = Automatic(sam, options, batch_size=2).propose(frames)
    assert sam.encoded == [2, 1]
    for frame, found in zip(frames, together, strict=True):
        alone = Automatic(sam, options).propose([frame])[0]
        assert_same(to_upstream(found), to_upstream(alone))
    assert Automatic(sam, options).propose([]) == []


def test_short_memory_means_fewer_points_and_the_same_masks(monkeypatch) -> None:
    sam, frame = DrawnSam(), picture(64, 64)
    options = AutomaticOptions(points_per_side=6, points_per_batch=16, **LOOSE)
    wanted = Automatic(sam, options).propose([frame])[0]
    plain = DrawnSam.decode

    def tight(self, embedding, *, points):
        if len(points) > 4:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return plain(self, embedding, points=points)

    monkeypatch.setattr(DrawnSam, "decode", tight)
    automatic = Automatic(sam, options, Memory(torch.device("cpu")))
    assert_same(to_upstream(automatic.propose([frame])[0]), to_upstream(wanted))
    assert automatic.memory.notes == [
        "memory fell short with 16 points a batch; went on with 8",
        "memory fell short with 8 points a batch; went on with 4",
    ]
    monkeypatch.setattr(DrawnSam, "decode", lambda *_, **__: (_ for _ in ()).throw(MemoryError()))
    with pytest.raises(BackendError, match="too small even for 1 points a batch") as caught:
        automatic.propose([frame])
    assert "--max-vram-gb" in caught.value.fix


def test_masks_that_are_too_large_are_dropped_before_they_suppress_others() -> None:
    sam, frame = DrawnSam(noise=0.0), picture(64, 64)
    everything = Automatic(sam, AutomaticOptions(points_per_side=6, **LOOSE)).propose([frame])[0]
    limit = 0.05
    assert any(proposal.area_px > limit * 64 * 64 for proposal in everything)
    options = AutomaticOptions(points_per_side=6, max_mask_area_share=limit, **LOOSE)
    small = Automatic(sam, options).propose([frame])[0]
    assert all(proposal.area_px <= limit * 64 * 64 for proposal in small)
    assert len(small) >= sum(p.area_px <= limit * 64 * 64 for p in everything) > 0


def test_regions_are_cleaned_in_pixels_of_the_picture() -> None:
    sam, frame = DrawnSam(noise=3.0), picture(128, 128)
    options = AutomaticOptions(points_per_side=5, min_mask_region_area=40, **LOOSE)
    import cv2  # noqa: PLC0415

    found = Automatic(sam, options).propose([frame])[0]
    assert found
    for proposal in found:
        for mask in (proposal.mask, ~proposal.mask):
            _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
            areas = stats[1:, cv2.CC_STAT_AREA]
            assert len(areas) <= 1 or areas.min() >= 40
        assert proposal.area_px == proposal.mask.sum()


def test_every_pixel_has_one_owner() -> None:
    sam, frame = DrawnSam(), picture(96, 64)
    options = AutomaticOptions(points_per_side=4, fill_gaps=True, **LOOSE)
    found = Automatic(sam, options).propose([frame])[0]
    owners = sum(proposal.mask.astype(int) for proposal in found)
    assert (owners == 1).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_with_the_real_networks(family, tmp_path) -> None:
    sam = open_image_sam(save_tiny_sam(tmp_path, family), Compute("cpu", "fp32"))
    options = AutomaticOptions(
        points_per_side=4, pred_iou_thresh=0.0, stability_score_thresh=0.01, crop_n_layers=1
    )
    frames = [picture(60, 44), np.full((1, 1, 3), 7, np.uint8)]
    for found, frame in zip(Automatic(sam, options).propose(frames), frames, strict=True):
        for proposal in found:
            assert proposal.mask.shape == frame.shape[:2]
            assert proposal.area_px == proposal.mask.sum()
            assert proposal.stability_score >= 0.01
    assert Automatic(sam, options.model_copy(update={"stability_score_thresh": 0.0})).propose(
        frames[:1]
    )[0]


def test_a_bad_frame() -> None:
    from multiplane.core.errors import InputError  # noqa: PLC0415

    with pytest.raises(InputError, match="uint8"):
        Automatic(DrawnSam()).propose([np.zeros((4, 4), np.uint8)])
