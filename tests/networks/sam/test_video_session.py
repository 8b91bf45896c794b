"""The state stays small, and what is said stays the same to the bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
transformers = pytest.importorskip("transformers", reason="needs pip install 'multiplane[neural]'")

from tiny_sam_video import KINDS, SIZE, save_tiny_video_sam  # noqa: E402

from multiplane.core.compute import Compute  # noqa: E402
from multiplane.core.errors import BackendError, InputError  # noqa: E402
from multiplane.networks.sam.video import VideoSam, open_video_sam  # noqa: E402
from multiplane.networks.sam.video_session import Logits, VideoSession  # noqa: E402

HEIGHT, WIDTH, COUNT = 90, 120, 22
Said = list[dict[int, Logits]]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {
        kind: save_tiny_video_sam(tmp_path_factory.mktemp("sam") / kind, kind) for kind in KINDS
    }


@pytest.fixture(scope="module")
def sams(folders: dict[str, Path]) -> dict[str, VideoSam]:
    return {kind: open_video_sam(folder, Compute("cpu")) for kind, folder in folders.items()}


@pytest.fixture(scope="module")
def wholes(sams: dict[str, VideoSam]) -> dict[str, Said]:
    """What each says when nothing is dropped."""
    return {kind: plain(sam.start(prune=False)) for kind, sam in sams.items()}


@pytest.fixture(params=KINDS)
def sam(request: pytest.FixtureRequest, sams: dict[str, VideoSam]) -> VideoSam:
    return sams[request.param]


def frames(count: int = COUNT) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8) for _ in range(count)]


def square(x: int, y: int, side: int = 30) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    mask[y : y + side, x : x + side] = True
    return mask


def eventful(session: VideoSession) -> Said:
    """Two from the start, one added mid-stream, one shown again, one removed."""
    session.add(1, mask=square(20, 30), frame_index=0)
    session.add(2, mask=square(70, 40), frame_index=0)
    told = []
    for index, frame in enumerate(frames()):
        said = session.step(frame)
        if index == 3:
            late = session.add(7, box=(10, 10, 40, 40), frame_index=3)
            assert late is not None
            said[7] = late
        if index == 5:
            assert session.add(1, mask=square(70, 40), frame_index=6) is None
        if index == 9:
            session.remove(2)
        told.append(said)
    return told


def plain(session: VideoSession, count: int = COUNT) -> Said:
    session.add(1, mask=square(20, 30), frame_index=0)
    session.add(2, mask=square(70, 40), frame_index=0)
    return [session.step(frame) for frame in frames(count)]


def same(first: Said, second: Said) -> bool:
    return [list(said) for said in first] == [list(said) for said in second] and all(
        np.array_equal(one[number], two[number])
        for one, two in zip(first, second, strict=True)
        for number in one
    )


@pytest.mark.parametrize("kind", KINDS)
def test_pruned_is_unpruned_to_the_bit(
    kind: str, sams: dict[str, VideoSam], wholes: dict[str, Said]
) -> None:
    sam, whole = sams[kind], wholes[kind]
    assert same(plain(sam.start()), whole)
    assert len({said[1].tobytes() for said in whole}) == COUNT  # and it is not all one answer
    changing = eventful(sam.start(prune=False))
    assert same(eventful(sam.start(offload=True)), changing)
    assert not np.array_equal(changing[8][1], whole[8][1])


@pytest.mark.parametrize("kind", KINDS)
def test_one_frame_less_would_show(
    kind: str, sams: dict[str, VideoSam], wholes: dict[str, Said]
) -> None:
    session = sams[kind].start()
    session._pointers -= 1
    assert not same(plain(session), wholes[kind])
    session = sams[kind].start()
    session._memories -= 1
    with pytest.raises(BackendError, match="maskmem_features"):
        plain(session)


def test_it_says_what_transformers_says(
    sams: dict[str, VideoSam], folders: dict[str, Path]
) -> None:
    for kind, sam in sams.items():
        pictures = transformers.Sam2ImageProcessor.from_pretrained(folders[kind])
        videos = transformers.Sam2VideoVideoProcessor(size={"height": SIZE, "width": SIZE})
        processor = transformers.Sam2VideoProcessor(pictures, videos)
        state = sam.sessions(dtype=torch.float32)
        theirs = []
        for index, frame in enumerate(frames(10)):
            pixels = processor(images=frame, return_tensors="pt").pixel_values
            if index == 0:
                masks = [square(20, 30), square(70, 40)]
                processor.add_inputs_to_inference_session(state, 0, [1, 2], input_masks=masks)
            said = sam.network(inference_session=state, frame=pixels, frame_idx=index)
            full = pictures.post_process_masks([said.pred_masks], [(HEIGHT, WIDTH)], binarize=False)
            theirs.append({1: full[0][0, 0].numpy(), 2: full[0][1, 0].numpy()})
        assert same(plain(sam.start(), 10), theirs), kind


def test_boxes_and_points_mean_what_they_mean_to_transformers(
    sams: dict[str, VideoSam], folders: dict[str, Path]
) -> None:
    sam = sams["sam2_video"]
    pictures = transformers.Sam2ImageProcessor.from_pretrained(folders["sam2_video"])
    videos = transformers.Sam2VideoVideoProcessor(size={"height": SIZE, "width": SIZE})
    processor = transformers.Sam2VideoProcessor(pictures, videos)
    state = sam.sessions(dtype=torch.float32)
    frame = frames(1)[0]
    pixels = processor(images=frame, return_tensors="pt").pixel_values
    processor.add_inputs_to_inference_session(
        state, 0, [1], input_boxes=[[[10, 20, 60, 70]]], input_points=[[[[30, 40], [100, 80]]]],
        input_labels=[[[1, 0]]], original_size=(HEIGHT, WIDTH),
    )  # fmt: skip
    said = sam.network(inference_session=state, frame=pixels, frame_idx=0)
    full = pictures.post_process_masks([said.pred_masks], [(HEIGHT, WIDTH)], binarize=False)
    session = sam.start()
    assert session.step(frame) == {}
    ours = session.add(
        1, box=(10, 20, 60, 70), points=[(30, 40, True), (100, 80, False)], frame_index=0
    )
    assert ours is not None
    np.testing.assert_array_equal(ours, full[0][0, 0].numpy())


def test_the_state_does_not_grow(sam: VideoSam) -> None:
    sizes: dict[bool, list[int]] = {True: [], False: []}
    for prune, told in sizes.items():
        session = sam.start(prune=prune)
        session.add(1, mask=square(20, 30), frame_index=0)
        for frame in frames(40):
            session.step(frame)
            told.append(session.state_bytes())
    assert sizes[True][20:] == [sizes[True][20]] * 20
    assert sizes[False][39] > sizes[False][19] * 1.5
    assert sizes[True][39] < sizes[False][39] / 3


@pytest.mark.parametrize("kind", KINDS[:2])
def test_removing_one_leaves_the_others_alone(
    kind: str, sams: dict[str, VideoSam], wholes: dict[str, Said]
) -> None:
    whole, session = wholes[kind], sams[kind].start()
    session.add(1, mask=square(20, 30), frame_index=0)
    session.add(2, mask=square(70, 40), frame_index=0)
    for index, frame in enumerate(frames()):
        said = session.step(frame)
        np.testing.assert_allclose(said[1], whole[index][1], rtol=0, atol=1e-4)
        if index == 6:
            session.remove(2)
            assert session.object_ids == (1,)
    assert list(said) == [1]


@pytest.mark.parametrize("kind", KINDS[:2])
def test_a_newcomer_leaves_the_others_alone(
    kind: str, sams: dict[str, VideoSam], wholes: dict[str, Said]
) -> None:
    whole, session = wholes[kind], sams[kind].start()
    session.add(1, mask=square(20, 30), frame_index=0)
    session.add(2, mask=square(70, 40), frame_index=0)
    for index, frame in enumerate(frames()):
        said = session.step(frame)
        np.testing.assert_allclose(said[1], whole[index][1], rtol=0, atol=1e-4)
        if index == 6:
            session.add(3, mask=square(5, 5), frame_index=6)
        if index == 8:
            session.add(4, points=[(30, 30, True)], frame_index=9)
    assert list(said) == [1, 2, 3, 4]


def test_few_at_once_say_the_same(wholes: dict[str, Said], folders: dict[str, Path]) -> None:
    one = open_video_sam(folders["sam2_video"], Compute("cpu", batch_size=1))
    for said, other in zip(plain(one.start(), 9), wholes["sam2_video"][:9], strict=True):
        np.testing.assert_allclose(said[2], other[2], rtol=0, atol=1e-4)


def test_prompted_frames_can_be_capped(sams: dict[str, VideoSam]) -> None:
    sam = sams["sam2_video"]
    session = sam.start(max_conditioning=2)
    whole = sam.start()
    told = []
    for index, frame in enumerate(frames(12)):
        for one in (session, whole):
            if index % 3 == 0:
                one.add(1, mask=square(20 + index, 30), frame_index=index)
        told.append((session.step(frame)[1], whole.step(frame)[1]))
    assert np.array_equal(*told[4])  # two prompted frames: nothing was dropped yet
    assert not np.array_equal(*told[11])  # this one changes results when it bites
    assert session.state_bytes() < whole.state_bytes()


@pytest.mark.parametrize("most", [1, 3, 8])
def test_the_first_and_the_latest_prompted_frames_are_kept(
    sams: dict[str, VideoSam], most: int
) -> None:
    session = sams["sam2_video"].start(max_conditioning=most)
    for index, frame in enumerate(frames(10)):
        session.add(1, mask=square(20 + index, 30), frame_index=index)
        session.step(frame)
        shown = list(range(index + 1))
        latest = shown[-most:] if index < most or most == 1 else [0, *shown[-most + 1 :]]
        assert sorted(session._objects[1].outputs["cond_frame_outputs"]) == latest


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_less_precision_says_nearly_the_same(
    folders: dict[str, Path], wholes: dict[str, Said], precision: str
) -> None:
    for kind, folder in folders.items():
        half = open_video_sam(folder, Compute("cpu", precision))  # type: ignore[arg-type]
        low, full = plain(half.start(), 5), wholes[kind][:5]
        assert same(low, plain(half.start(prune=False), 5))
        worst = max(float(np.abs(a[1] - b[1]).max()) for a, b in zip(low, full, strict=True))
        most = max(float(np.abs(said[1]).max()) for said in full)
        assert 0 < worst < 0.1 * most


def test_nobody_is_asked_about_without_an_object(
    sams: dict[str, VideoSam], monkeypatch: pytest.MonkeyPatch
) -> None:
    sam = sams["sam2_video"]
    session = sam.start()
    with monkeypatch.context() as patch:
        patch.setattr(sam, "run", None)
        assert session.step(frames(1)[0]) == {}
    session.add(1, mask=square(20, 30), frame_index=1)
    assert list(session.step(frames(1)[0])) == [1]
    assert 0.5 < session.scores[1] <= 1


def test_memory_that_falls_short_means_fewer_at_once(
    wholes: dict[str, Said], folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    tight = open_video_sam(folders["sam2_video"], Compute("cpu"))
    run, short = tight.run, []

    def narrow(session: object, pixels: object, index: int) -> object:
        if session.get_obj_num() > 1:  # type: ignore[attr-defined]
            short.append(index)
            raise MemoryError
        return run(session, pixels, index)

    monkeypatch.setattr(tight, "run", narrow)
    for said, other in zip(plain(tight.start(), 9), wholes["sam2_video"][:9], strict=True):
        np.testing.assert_allclose(said[2], other[2], rtol=0, atol=1e-4)
    assert set(short) == {0}  # it is not tried again in every frame
    assert any("went on with 1" in note for note in tight.memory.notes)

    def none(session: object, pixels: object, index: int) -> object:
        raise MemoryError

    monkeypatch.setattr(tight, "run", none)
    with pytest.raises(BackendError, match="memory is too small") as short:
        plain(tight.start(), 2)
    assert "--device cpu" in short.value.fix


def test_no_memory_for_a_frame_is_told(sam: VideoSam, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(frame: np.ndarray) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(sam, "see", full)
    with pytest.raises(BackendError, match="too small even for 1 frame") as told:
        sam.start().step(frames(1)[0])
    assert "take a smaller model" in told.value.fix


def test_a_failure_of_the_library_is_told(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    sam = open_video_sam(folders["sam2_video"], Compute("cpu"))

    def fail(session: object, pixels: object, index: int) -> object:
        raise ValueError("odd")

    monkeypatch.setattr(sam, "run", fail)
    with pytest.raises(BackendError, match="frame 0: ValueError: odd") as told:
        plain(sam.start(), 1)
    assert isinstance(told.value.__cause__, ValueError)
    assert "--precision fp32" in told.value.fix


def test_what_cannot_be_asked(sams: dict[str, VideoSam]) -> None:
    session = sams["sam2_video"].start()
    with pytest.raises(InputError, match="shown by a box") as early:
        session.add(1, box=(0, 0, 9, 9), frame_index=0)
    assert "after the first step" in early.value.fix
    session.step(frames(1)[0])
    session.step(frames(1)[0])
    with pytest.raises(InputError, match="shown in frame 0") as late:
        session.add(1, mask=square(0, 0), frame_index=0)
    assert late.value.fix == "show it in frame 1 or 2"
    with pytest.raises(InputError, match="shown by nothing"):
        session.add(1, frame_index=1)
    with pytest.raises(InputError, match="a mask and a box"):
        session.add(1, mask=square(0, 0), box=(0, 0, 9, 9), frame_index=1)
    with pytest.raises(InputError, match="frame is 120x90, mask is 8x8"):
        session.add(1, mask=np.zeros((8, 8), np.bool_), frame_index=1)
    with pytest.raises(InputError, match="object 5 is not followed"):
        session.remove(5)
    with pytest.raises(InputError, match="frame 2 is 20x10") as other:
        session.step(np.zeros((10, 20, 3), np.uint8))
    assert "split shots" in other.value.fix
    assert session.object_ids == ()
