from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("transformers", reason="needs pip install 'multiplane[neural]'")

from drawn_objects import BLUE, RED, Thing, draw  # noqa: E402
from tiny_sam_video import KINDS, save_tiny_video_sam  # noqa: E402

from multiplane.core.compute import Compute  # noqa: E402
from multiplane.core.config import parse_options  # noqa: E402
from multiplane.core.errors import BackendError, ConfigError, WeightsError  # noqa: E402
from multiplane.core.instances import box_of  # noqa: E402
from multiplane.split.segment.shot import Shot  # noqa: E402
from multiplane.split.track.backend import Look  # noqa: E402
from multiplane.split.track.backends.sam import SamPropagator  # noqa: E402
from multiplane.split.track.chunks import Chunked  # noqa: E402
from multiplane.split.track.config import (  # noqa: E402
    EdgeTamOptions,
    Sam3Options,
    SamOptions,
    TrackOptions,
)
from multiplane.split.track.follow import Tracks, follow  # noqa: E402
from multiplane.split.track.run import Followers, Footage, Track  # noqa: E402

SCENE = draw([Thing(RED, lambda i: (20 + 4 * i, 30)), Thing(BLUE, lambda i: (120, 70 - i))], 10)
OPTIONS = {
    "sam2_video": SamOptions,
    "edgetam_video": EdgeTamOptions,
    "sam3_tracker_video": Sam3Options,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_video_sam(tmp_path_factory.mktemp("sam"))


def propagator(folder: Path, **more: object) -> SamPropagator:
    return SamPropagator(SamOptions(model=str(folder), **more), Compute("cpu"))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
def test_each_of_the_family_is_followed_by_the_users_path(tmp_path: Path, kind: str) -> None:
    """From options to figures; random weights see nobody's outline, but the way is the real one."""
    save_tiny_video_sam(tmp_path, kind)
    options = TrackOptions(
        backend=OPTIONS[kind](model=str(tmp_path)), device="cpu", every_frames=4,
        min_instance_px=1, look_for="masks",
    )  # fmt: skip
    masks = [np.any(truth, axis=0) for truth in SCENE.truth]
    found = Followers(options).follow(Footage(Shot(SCENE.frames), masks))
    told = list(found.frames)
    assert len(told) == 10
    for one, truth in zip(told[0], SCENE.truth[0], strict=True):
        np.testing.assert_array_equal(one.mask, truth)  # as shown
        assert one.mask.shape == (100, 160)
    assert found.figures["model"] == str(tmp_path)
    assert found.figures["backend"] == OPTIONS[kind]().kind
    assert str(tmp_path) in Track().weights(options)
    before = Track().fingerprint(options)
    assert Track().fingerprint(options.model_copy(update={"memory_offload": True})) == before
    save_tiny_video_sam(tmp_path, kind, seed=1)
    assert Track().fingerprint(options) != before


def test_what_is_remembered_is_said(folder: Path) -> None:
    following = propagator(folder).start()
    following.step(SCENE.frames[0])
    (first, second) = SCENE.truth[0]
    shown = following.add(1, Look(first, box_of(first), 0.7))
    assert (shown.mask is first, shown.score) == (True, 0.7)
    boxed = following.add(2, Look(None, box_of(second), 0.6))
    assert boxed.mask.shape == first.shape
    seen = following.step(SCENE.frames[1])
    assert set(seen) == {1, 2}
    assert all(0 <= one.score <= 1 for one in seen.values())
    following.remove(1)
    assert set(following.step(SCENE.frames[2])) == {2}


def test_chunks_go_through(folder: Path) -> None:
    """The plumbing of chunks round a real session; numbers stay, and each is a fresh one."""
    inner, started = propagator(folder), []
    start = inner.start
    inner.start = lambda: started.append(1) or start()  # type: ignore[method-assign,func-returns-value]
    tracks = Tracks(
        SCENE.looks, Chunked(inner, 5, 2), TrackOptions(every_frames=0, min_instance_px=1)
    )
    told = list(tracks.through(SCENE.frames))
    assert len(told) == 10
    assert {one.track_id for instances in told for one in instances} == {1, 2}
    assert len(started) == 3


def test_offloading_says_the_same(folder: Path) -> None:
    def run(offload: bool) -> list[list[bytes]]:
        sam = SamPropagator(SamOptions(model=str(folder)), Compute("cpu"), offload=offload)
        told = follow(SCENE.frames, SCENE.looks, sam, TrackOptions(min_instance_px=1))
        return [[one.mask.tobytes() for one in instances] for instances in told]

    assert run(True) == run(False)


def test_memory_that_falls_short_is_known(folder: Path) -> None:
    sam = propagator(folder)
    assert sam.notes == []
    assert sam.fell_short(MemoryError())
    small = BackendError("memory is too small even for 1 objects a batch")
    assert not sam.fell_short(small)
    small.__cause__ = torch.OutOfMemoryError("CUDA out of memory")
    assert sam.fell_short(small)


def test_a_truncated_checkpoint(tmp_path: Path) -> None:
    weights = save_tiny_video_sam(tmp_path) / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(WeightsError, match="cannot be loaded as Sam2VideoModel") as told:
        propagator(tmp_path)
    assert "models pull" in told.value.fix


def test_another_of_the_family(tmp_path: Path) -> None:
    save_tiny_video_sam(tmp_path, "edgetam_video")
    with pytest.raises(WeightsError, match="of the kind 'edgetam', the backend is 'sam2'") as told:
        propagator(tmp_path)
    assert told.value.fix == "--backend edgetam, with the same model"


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_cuda_without_one(folder: Path) -> None:
    options = parse_options(
        TrackOptions, {"backend": {"kind": "sam2", "model": str(folder)}, "device": "cuda"}, "track"
    )
    with pytest.raises(ConfigError, match="'cuda' is not there") as told:
        Track().open(options)
    assert "'cpu'" in told.value.fix


def test_fp16_is_a_precision(folder: Path) -> None:
    options = TrackOptions(
        backend=SamOptions(model=str(folder)), device="cpu", fp16=True, memory_offload=True
    )
    worker = Track().open(options)
    inner = worker._followers._propagator
    assert isinstance(inner, SamPropagator)
    assert inner._sam.dtype == torch.float16
    assert inner._offload
