"""The recipe as a user runs it, on a filmed scene of which everything is known.

Who finds people is told their masks by the scene, so that what is judged here is all that comes
after: eyes, edges, chunks, files, timing, sound. How well people are found is judged where that
is done.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracle_people import SIDES, OraclePeople, Side, film
from stereo_film import near_scene
from stereo_scene import times_of, write_clip

import multiplane
from multiplane.core.arrays import Frame
from multiplane.engine import api
from multiplane.measure.matting import mad
from multiplane.media.alpha_video import read_alpha_video
from multiplane.media.matte_video import read_mattes
from multiplane.media.verify import compare
from multiplane.media.video import open_clip
from multiplane.media.vr180.packed import Packer
from multiplane.media.vr180.spherical import read_spherical

SIZE, FRAMES, RATE = 384, 8, Fraction(30000, 1001)
OPTIONS = {
    "chunks.scale": 1.0,
    "chunks.chunk_frames": 5,
    "chunks.overlap_frames": 2,
    "stereo.people.backend": "motion",
    "stereo.edges.method": "guided",
    "stereo.edges.edge_px": 1,  # of a picture a tenth as large as real ones
    "export.formats": ["ffv1", "greenscreen_h264", "packed_alpha", "matte"],
    "export.speed": "ultrafast",
}
TIMED = {"ledger.sqlite", "provenance.json", "report.html", "run.lock", "resources.json"}
"""What differs between two runs of the same work."""


class FilmedPeople(OraclePeople):
    """Knows the frames of the film again after they went through a lossy codec."""

    def _where(self, frame: Frame) -> tuple[Side, int]:
        wanted = frame[::8, ::8].astype(np.int16)
        found = [
            (float(np.abs(known[::8, ::8].astype(np.int16) - wanted).mean()), side, index)
            for side in SIDES
            for index, known in enumerate(self.film.work[side])
        ]
        off, side, index = min(found)
        assert off < 6, "a frame that is not of the film"
        return side, index


@pytest.fixture(scope="session")
def made() -> Any:
    return film(near_scene(size=SIZE), [float(t) for t in times_of(FRAMES, RATE, True)])


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "hall.mp4"
    return write_clip(
        path, near_scene(size=SIZE), FRAMES, RATE, vfr=True, sound_tracks=2, spherical=True
    )


@pytest.fixture(autouse=True)
def told(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("multiplane.split.stereo.matter.open_people", lambda *_: FilmedPeople(made))


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {"folder": tmp_path_factory.mktemp("runs")}


@pytest.fixture
def finished(clip: Path, runs: dict[str, Path]) -> Path:
    """A run that nobody disturbed; done once."""
    if "finished" not in runs:
        out = runs["folder"] / "out"
        report = multiplane.run("vr180-matte", clip, out, options=OPTIONS)
        assert report.exit_status == 0, report.failures
        assert (out / "report.html").is_file()
        runs["finished"] = out
    return runs["finished"]


def video(run: Path, ending: str) -> Path:
    (path,) = (run / "export" / "videos").rglob(f"*{ending}")
    return path


def test_the_alpha_is_the_scene_s(made: Any, finished: Path) -> None:
    found = [alpha for _, alpha in read_mattes(video(finished, "_matte_180_LR.mkv"))]
    truth = [np.hstack(pair) for pair in zip(*(made.alphas[s] for s in SIDES), strict=True)]
    assert len(found) == len(truth) == FRAMES
    errors = [mad(a.astype(np.float32) / 255, t) for a, t in zip(found, truth, strict=True)]
    assert max(errors) < 5.0, errors  # thousandths; the strands of hair are thinner than a pixel


def test_both_eyes_agree_on_the_same_people(finished: Path) -> None:
    figures = json.loads((finished / "stereo" / "stereo_metadata.json").read_text())["items"]
    assert len(figures) == 2
    for chunk in figures:
        assert chunk["figures"]["agreement"]["mean"] >= 0.97
        assert chunk["figures"]["disagreements"] == 0
    for path in sorted((finished / "stereo" / "people").rglob("people.json")):
        for frame in json.loads(path.read_text())["frames"]:
            left, right = ([person["id"] for person in eye] for eye in frame["eyes"])
            assert left == right == [1, 2]


@pytest.mark.parametrize(
    "ending", ["_ffv1_180_LR.mkv", "_screen_h264_180_LR.mp4", "_fisheye190_LR_alpha.mp4"]
)
def test_frames_times_and_sound_are_those_of_the_source(
    clip: Path, finished: Path, ending: str
) -> None:
    found = compare(clip, video(finished, ending))
    assert found.frames == (FRAMES, FRAMES)
    assert found.same_timing
    assert found.same_sound
    assert found.sound_packets[0] == found.sound_packets[1] > 0


def test_the_boxes_of_the_source_stay_to_the_byte(clip: Path, finished: Path) -> None:
    source = read_spherical(clip)
    assert source is not None
    assert read_spherical(video(finished, "_screen_h264_180_LR.mp4")) == source
    assert video(finished, "_ffv1_180_LR.mkv.spherical.json").is_file()


def test_a_player_finds_the_alpha_in_the_corners(made: Any, finished: Path) -> None:
    packer = Packer((SIZE, SIZE))
    first = next(iter(open_clip(video(finished, "_alpha.mp4")).frames())).frame
    unpacked = packer.unpack(first)
    alpha = packer.full_alpha(unpacked.alpha_left)
    people = made.truth["left"][0][1]
    where = packer.to_half_equirect(alpha)
    assert where[people].mean() > 0.8 * 255
    assert where[made.alphas["left"][0] == 0].mean() < 0.05 * 255


def test_the_cut_out_holds_the_people_s_own_colour(made: Any, clip: Path, finished: Path) -> None:
    frames = [rgba for _, rgba in read_alpha_video(video(finished, "_ffv1_180_LR.mkv"))]
    assert len(frames) == FRAMES
    (source,) = open_clip(clip).frames(3, 4)
    solid = (frames[3][..., 3] == 255) & (np.hstack([made.alphas[s][3] for s in SIDES]) == 1)
    assert solid.sum() > 500
    assert (frames[3][..., :3] == source.frame)[solid].mean() > 0.9


def everything(run: Path) -> dict[str, str]:
    return {
        str(path.relative_to(run)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(run.rglob("*"))
        if path.is_file() and path.name not in TIMED and not path.name.endswith("_metadata.json")
    }


def test_cut_off_and_resumed_gives_the_same_bytes(
    clip: Path, finished: Path, tmp_path: Path
) -> None:
    class Cut(Exception):  # noqa: N818 - somebody pulls the plug
        pass

    def pull(step: str, done: int, total: int) -> None:
        if (step, done) == ("stereo", 1):
            raise Cut

    out = tmp_path / "out"
    with pytest.raises(Cut):
        api.run("vr180-matte", clip, out, options=OPTIONS, progress=pull)
    assert not (out / "export" / "videos").exists()
    report = api.run("vr180-matte", clip, out, options=OPTIONS)
    assert report.exit_status == 0
    stereo = next(step for step in report.steps if step.id == "stereo")
    assert stereo.done == 2
    assert stereo.reused >= 1  # the second may have been on its way
    assert everything(out) == everything(finished)


def test_chunks_make_no_difference_to_speak_of(clip: Path, finished: Path, tmp_path: Path) -> None:
    whole = {**OPTIONS, "chunks.chunk_frames": FRAMES, "export.formats": ["matte"]}
    report = multiplane.run("vr180-matte", clip, tmp_path / "out", options=whole)
    assert report.exit_status == 0
    pairs = zip(
        read_mattes(video(finished, "_matte_180_LR.mkv")),
        read_mattes(video(tmp_path / "out", "_180_LR.mkv")),
        strict=True,
    )
    for (pts, chunked), (also, unchunked) in pairs:
        assert pts == also
        assert np.abs(chunked.astype(int) - unchunked).mean() < 0.25


def test_a_bad_clip_costs_only_itself(clip: Path, tmp_path: Path) -> None:
    torn = tmp_path / "torn.mp4"
    torn.write_bytes(clip.read_bytes()[: clip.stat().st_size // 3])
    text = tmp_path / "notes.mp4"
    text.write_text("not a video")
    silent = tmp_path / "silent.mkv"
    write_clip(silent, near_scene(size=SIZE), 3, RATE, sound_tracks=0)
    good = shutil.copy(clip, tmp_path / "good.mp4")
    report = multiplane.run(
        "vr180-matte", [torn, text, silent, good], tmp_path / "out",
        options={**OPTIONS, "export.formats": ["matte"]},
    )  # fmt: skip
    assert report.exit_status == 3
    assert {failure.item for failure in report.failures} == {"torn", "notes"}
    assert all(failure.fix for failure in report.failures)
    videos = sorted(path.parent.name for path in (tmp_path / "out").rglob("videos/*/*.mkv"))
    assert videos == ["good", "silent"]
