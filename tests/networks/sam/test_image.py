from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
tf = pytest.importorskip("transformers", reason="needs pip install 'multiplane[neural]'")

from tiny_sam import FAMILIES, SIZE, save_tiny_sam  # noqa: E402

from multiplane.core.compute import Compute  # noqa: E402
from multiplane.core.errors import BackendError, InputError  # noqa: E402
from multiplane.networks.sam.image import PADDING  # noqa: E402
from multiplane.networks.sam.load import open_image_sam  # noqa: E402

CLASSES = {"sam2": "Sam2", "edgetam": "EdgeTam", "sam3_tracker": "Sam3Tracker"}


def picture(width: int = 96, height: int = 60, seed: int = 0):
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.fixture(scope="module", params=FAMILIES)
def opened(request, tmp_path_factory):
    """A family: our network, theirs, their processor."""
    folder = save_tiny_sam(tmp_path_factory.mktemp(request.param), request.param)
    plain = getattr(tf, f"{CLASSES[request.param]}Model").from_pretrained(folder).eval()
    kind = "Sam3TrackerProcessor" if request.param == "sam3_tracker" else "Sam2Processor"
    processor = getattr(tf, kind).from_pretrained(folder)
    return open_image_sam(folder, Compute("cpu", "fp32")), plain, processor


@pytest.fixture(scope="module")
def sam(tmp_path_factory):
    return open_image_sam(save_tiny_sam(tmp_path_factory.mktemp("sam2")), Compute("cpu", "fp32"))


def asked_plainly(plain, processor, frame, *, multimask, masks=None, **prompts):
    inputs = processor(frame, return_tensors="pt", **prompts)
    inputs.pop("original_sizes")
    with torch.inference_mode():
        answer = plain(**inputs, input_masks=masks, multimask_output=multimask)
    return answer.pred_masks[0], answer.iou_scores[0], answer.object_score_logits[0, :, 0]


def same(ours, theirs) -> None:
    for mine, other in zip((ours.logits, ours.iou, ours.object_score), theirs, strict=True):
        assert mine.shape == other.shape
        assert torch.allclose(mine, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("multimask", [True, False])
def test_points_as_transformers_answers_them(opened, multimask) -> None:
    sam, plain, processor = opened
    frame = picture()
    points = np.array([[[10.0, 20.0], [30.5, 7.25]], [[95.0, 59.0], [0.0, 0.0]]])
    labels = np.array([[1, 0], [1, PADDING]])
    ours = sam.decode(sam.encode([frame])[0], points=points, labels=labels, multimask=multimask)
    theirs = asked_plainly(
        plain, processor, frame, multimask=multimask,
        input_points=[points.tolist()], input_labels=[labels.tolist()],
    )  # fmt: skip
    same(ours, theirs)
    assert ours.logits.shape == (2, 3 if multimask else 1, sam.low_px, sam.low_px)
    assert ours.logits[0].std() > 0.01  # it says something, and not the same of both
    assert not torch.allclose(ours.logits[0], ours.logits[1], atol=1e-3)


def test_boxes_as_transformers_answers_them(opened) -> None:
    sam, plain, processor = opened
    frame = picture(50, 80)
    boxes = np.array([[3.0, 4.0, 30.0, 70.5], [0.0, 0.0, 50.0, 80.0], [20.0, 10.0, 21.0, 11.0]])
    ours = sam.decode(sam.encode([frame])[0], boxes=boxes, multimask=False)
    theirs = asked_plainly(plain, processor, frame, multimask=False, input_boxes=[boxes.tolist()])
    same(ours, theirs)


def test_boxes_with_points_as_transformers_answers_them(opened) -> None:
    sam, plain, processor = opened
    frame = picture()
    points, boxes = (
        np.array([[[5.0, 6.0]], [[60.0, 30.0]]]),
        np.array([[1, 2, 40, 50], [8, 9, 70, 58]]),
    )
    ours = sam.decode(sam.encode([frame])[0], points=points, boxes=boxes.astype(float))
    theirs = asked_plainly(
        plain, processor, frame, multimask=True, input_points=[points.tolist()],
        input_labels=[[[1], [1]]], input_boxes=[boxes.astype(float).tolist()],
    )  # fmt: skip
    same(ours, theirs)


def test_masks_as_transformers_answers_them_one_by_one(opened) -> None:
    sam, plain, processor = opened
    frame = picture()
    masks = torch.randn(3, sam.low_px, sam.low_px, generator=torch.Generator().manual_seed(1))
    boxes = np.array([[3.0, 4.0, 30.0, 50.5], [0.0, 0.0, 50.0, 60.0], [20.0, 10.0, 41.0, 31.0]])
    embedding = sam.encode([frame])[0]
    alone = sam.decode(embedding, masks=masks)
    boxed = sam.decode(embedding, masks=masks, boxes=boxes, multimask=False)
    for number in range(3):
        mask = masks[None, number : number + 1]
        theirs = asked_plainly(plain, processor, frame, multimask=True, masks=mask)
        assert torch.allclose(alone.logits[number], theirs[0][0], rtol=1e-4, atol=1e-5)
        box = [boxes[number : number + 1].tolist()]
        theirs = asked_plainly(
            plain, processor, frame, multimask=False, masks=mask, input_boxes=box
        )
        assert torch.allclose(boxed.logits[number], theirs[0][0], rtol=1e-4, atol=1e-5)


def test_frames_are_prepared_as_the_processor_does(opened) -> None:
    sam, _, processor = opened
    frames = [picture(seed=1), picture(seed=2), picture(3, 3), picture(40, 3)]
    theirs = processor(frames, input_data_format="channels_last", return_tensors="pt")
    assert torch.equal(sam.prepare(frames), theirs["pixel_values"])
    assert sam.side_px == theirs["pixel_values"].shape[-1]


def test_many_frames_in_one_batch_are_as_one_by_one(opened) -> None:
    sam = opened[0]
    frames = [picture(seed=1), picture(33, 70, seed=2), picture(seed=3)]
    points = np.array([[[5.0, 6.0]]])
    for frame, embedding in zip(frames, sam.encode(frames), strict=True):
        together = sam.decode(embedding, points=points)
        alone = sam.decode(sam.encode([frame])[0], points=points)
        assert embedding.size == (frame.shape[1], frame.shape[0])
        assert torch.allclose(together.logits, alone.logits, rtol=1e-4, atol=1e-5)


def test_a_frame_of_one_pixel(opened) -> None:
    sam = opened[0]
    (embedding,) = sam.encode([np.full((1, 1, 3), 200, np.uint8)])
    answer = sam.decode(embedding, points=np.array([[[0.5, 0.5]]]))
    assert torch.isfinite(answer.logits).all()
    assert sam.encode([]) == []


def test_half_precision_gives_float32_answers_near_those_of_full(sam, tmp_path) -> None:
    half = open_image_sam(save_tiny_sam(tmp_path), Compute("cpu", "bf16"))
    points = np.array([[[5.0, 6.0]]])
    full = sam.decode(sam.encode([picture()])[0], points=points)
    answer = half.decode(half.encode([picture()])[0], points=points)
    assert answer.logits.dtype == torch.float32
    assert not torch.equal(answer.logits, full.logits)
    assert (answer.logits - full.logits).abs().mean() < 0.1 * full.logits.std()


def test_prompts_that_do_not_go_together(sam) -> None:
    embedding = sam.encode([picture()])[0]
    for prompts in ({}, {"points": np.zeros((2, 1, 2)), "boxes": np.zeros((3, 4))},
                    {"boxes": np.zeros((0, 4))}):  # fmt: skip
        with pytest.raises(InputError, match="wanted as many of each") as caught:
            sam.decode(embedding, **prompts)
        assert "of one N" in caught.value.fix


def test_a_network_that_fails_says_so_and_short_memory_stays_what_it_is(sam, monkeypatch) -> None:
    embedding = sam.encode([picture()])[0]

    def fail(error):
        def forward(*_, **__):
            raise error

        monkeypatch.setattr(sam.model, "forward", forward)
        monkeypatch.setattr(sam.model, "get_image_embeddings", forward)

    fail(ValueError("odd"))
    with pytest.raises(BackendError, match="decoding 1 prompts") as caught:
        sam.decode(embedding, boxes=np.array([[0.0, 0.0, 9.0, 9.0]]))
    assert caught.value.fix == "multiplane doctor"
    assert "odd" in caught.value.why
    with pytest.raises(BackendError, match="encoding 1 frames"):
        sam.encode([picture()])
    fail(torch.OutOfMemoryError("CUDA out of memory"))
    with pytest.raises(torch.OutOfMemoryError):
        sam.decode(embedding, boxes=np.array([[0.0, 0.0, 9.0, 9.0]]))
    with pytest.raises(torch.OutOfMemoryError):
        sam.encode([picture()])


def test_sizes_are_told(opened) -> None:
    sam = opened[0]
    assert sam.side_px in SIZE.values()
    assert sam.low_px == 32
