from __future__ import annotations

import errno
import pickle
import shutil
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from drawn_chunks import EYE, RED, export, paths_of, sbs_alpha

from multiplane.core.errors import InputError, OutputError
from multiplane.media.alpha_video import read_alpha_video
from multiplane.media.clip import open_clip
from multiplane.media.matte_video import read_mattes
from multiplane.media.verify import compare
from multiplane.media.vr180.layout import Layout
from multiplane.media.vr180.packed import Packer
from multiplane.media.vr180.sidecar import read_sidecar
from multiplane.media.vr180.spherical import read_spherical
from multiplane.split.export import run
from multiplane.split.export.run import Export
from multiplane.split.export.staging import FOLDER


def test_a_cut_out_exact_to_the_bit(make_clip) -> None:
    clip = make_clip()
    record = export(clip, formats="ffv1, matte")
    cutout, matte = paths_of(clip, record)
    assert [path.name for path in (cutout, matte)] == [
        "dance_ffv1_180_LR.mkv",
        "dance_matte_180_LR.mkv",
    ]
    mattes = [alpha for _, alpha in read_mattes(matte)]
    frames = [frame for _, frame in read_alpha_video(cutout)]
    source = [frame.frame for frame in open_clip(clip.source).frames()]
    assert len(mattes) == len(frames) == 12
    for index, (alpha, rgba) in enumerate(zip(mattes, frames, strict=True)):
        assert np.array_equal(alpha, sbs_alpha(index))
        assert np.array_equal(rgba[..., 3], alpha)
        assert np.array_equal(rgba[alpha == 255][:, :3], source[index][alpha == 255])
        soft = (alpha > 40) & (alpha < 215)
        assert np.abs(rgba[soft][:, :3].astype(int) - RED).mean() < 8  # no green left in it
        assert np.abs(source[index][soft].astype(int) - RED).mean() > 30
    assert record.figures["frames"] == 12
    assert [row["frames"] for row in record.figures["outputs"]] == [[12, 12], [12, 12]]
    assert all(row["bytes"] > 0 for row in record.figures["outputs"])
    assert not (clip.item.place("videos", FOLDER)[1]).exists()


def test_chunked_is_as_unchunked(make_clip, tmp_path: Path) -> None:
    whole = make_clip()
    one = [a for _, a in read_mattes(paths_of(whole, export(whole, formats="matte"))[0])]
    shutil.rmtree(tmp_path / "run")
    for chunks in ((5, 2), (4, 3), (1, 0), (6, 0)):
        cut = make_clip(chunks=chunks, source=whole.source)
        many = [a for _, a in read_mattes(paths_of(cut, export(cut, formats="matte"))[0])]
        assert len(many) == len(one)
        assert max(int(cv2.absdiff(a, b).max()) for a, b in zip(one, many, strict=True)) == 0


def test_every_format_in_one_pass(make_clip) -> None:
    clip = make_clip(sound=1)
    formats = "prores_4444,ffv1,vp9,png,greenscreen_h264,greenscreen_h265,packed_alpha,matte"
    record = export(clip, formats=formats, overlays="pictures", confidence="video")
    names = {path.relative_to(clip.item.root / "export/videos/dance").as_posix()
             for path in paths_of(clip, record)}  # fmt: skip
    assert {n for n in names if not n.endswith(".png")} == {
        "dance_prores4444_180_LR.mov",
        "dance_ffv1_180_LR.mkv",
        "dance_vp9_180_LR.webm",
        "dance_screen_h264_180_LR.mp4",
        "dance_screen_h265_180_LR.mp4",
        "dance_fisheye190_LR_alpha.mp4",
        "dance_matte_180_LR.mkv",
        "dance_png_180_LR/sound.mka",
        "dance_png_180_LR/timestamps.json",
    }
    assert {n for n in names if n.endswith(".png")} == {
        f"dance_png_180_LR/{index:06d}.png" for index in range(12)
    }
    sounds = {row["format"]: row.get("sound") for row in record.figures["outputs"]}
    assert sounds["vp9"] == "encoded"  # WebM takes no AAC
    assert {sounds[key] for key in sounds if key != "vp9"} == {"copied"}
    assert all(row["verified"] for row in record.figures["outputs"])
    assert [path.name for path in paths_of(clip, record, "previews")] == [
        f"{index:06d}.png" for index in (1, 4, 7, 10)
    ]
    assert len(paths_of(clip, record, "overlays")) == 4
    (video,) = paths_of(clip, record, "confidence")
    assert open_clip(video).count() == 12


def test_the_screen_has_its_colour_and_no_fringe(make_clip) -> None:
    clip = make_clip()
    record = export(clip, formats="greenscreen_h264", background_rgb="#2BE640", quality=4)
    (path,) = paths_of(clip, record)
    for index, shot in enumerate(open_clip(path).frames()):
        alpha = sbs_alpha(index).astype(float)[..., None] / 255
        wanted = np.array(RED) * alpha + np.array([0x2B, 0xE6, 0x40]) * (1 - alpha)
        assert np.abs(shot.frame - wanted).mean() < 4
        clear = alpha[..., 0] == 0
        assert np.abs(shot.frame[clear].astype(int) - [0x2B, 0xE6, 0x40]).mean() < 4


def test_eyes_apart(make_clip) -> None:
    clip = make_clip(spherical=True, sound=1)
    record = export(clip, formats="ffv1,greenscreen_h264", eyes="separate")
    names = [path.name for path in paths_of(clip, record) if path.suffix != ".json"]
    assert names == [
        "dance_ffv1_left_180.mkv",
        "dance_ffv1_right_180.mkv",
        "dance_screen_h264_left_180.mp4",
        "dance_screen_h264_right_180.mp4",
    ]
    paths = [path for path in paths_of(clip, record) if path.suffix == ".mkv"]
    eyes = [[f for _, f in read_alpha_video(path)] for path in paths]
    for index in range(12):
        both = np.concatenate([eyes[0][index], eyes[1][index]], axis=1)
        assert both.shape == (EYE, 2 * EYE, 4)
        assert np.array_equal(both[..., 3], sbs_alpha(index))
    boxes = read_spherical(paths_of(clip, record)[-2])
    given = read_spherical(clip.source)
    assert boxes is not None
    assert given is not None
    assert boxes.sv3d == given.sv3d
    assert boxes.stereo_mode == 0


def test_swapped_eyes_go_left_first_where_players_want_them(make_clip) -> None:
    layout = Layout.of("sbs", (2 * EYE, EYE), True, "half_equirect")
    clip = make_clip(layout=layout)
    record = export(clip, formats="matte,packed_alpha", eyes="separate")
    packed, left, right = sorted(paths_of(clip, record))
    first = next(iter(read_mattes(left)))[1]
    assert np.array_equal(first, sbs_alpha(0)[:, EYE:])
    assert np.array_equal(next(iter(read_mattes(right)))[1], sbs_alpha(0)[:, :EYE])
    assert packed.name == "dance_fisheye190_LR_alpha.mp4"


def test_packed_alpha_comes_back(make_clip) -> None:
    clip = make_clip(spherical=True)
    record = export(clip, formats="packed_alpha", quality=1, packed_codec="h264")
    (path,) = paths_of(clip, record)
    assert path.name == "dance_fisheye190_LR_alpha.mp4"
    assert read_spherical(path) is None
    packer = Packer((EYE, EYE), 190)
    for index, shot in enumerate(open_clip(path).frames()):
        found = packer.unpack(shot.frame)
        eyes = ((found.alpha_left, found.left), (found.alpha_right, found.right))
        for eye, (disk, circle) in enumerate(eyes):
            alpha = packer.to_half_equirect(disk).astype(int)
            wanted = sbs_alpha(index)[:, eye * EYE : (eye + 1) * EYE].astype(int)
            assert np.abs(alpha - wanted).mean() < 10  # at 40 % of 64 px
            seen = packer.to_half_equirect(circle)
            assert np.abs(seen[wanted == 255].astype(int) - RED).mean() < 12


def test_boxes_stay_to_the_byte(make_clip) -> None:
    clip = make_clip(spherical=True, sound=2)
    given = read_spherical(clip.source)
    assert given is not None
    record = export(clip, formats="greenscreen_h264,prores_4444,png")
    files = {path.name: path for path in paths_of(clip, record)}
    boxes = read_spherical(files["dance_screen_h264_180_LR.mp4"])
    assert boxes is not None
    assert (boxes.st3d, boxes.sv3d) == (given.st3d, given.sv3d)
    for name in ("dance_prores4444_180_LR.mov", "dance_png_180_LR"):
        assert f"{name}.spherical.json" in files
        beside = read_sidecar(clip.item.root / "export/videos/dance" / name)
        assert beside is not None
        assert (beside.st3d, beside.sv3d) == (given.st3d, given.sv3d)


def test_boxes_are_made_or_left_out_when_asked(make_clip, tmp_path: Path) -> None:
    clip = make_clip()
    plain = export(clip, formats="greenscreen_h264")
    assert read_spherical(paths_of(clip, plain)[0]) is None
    made = export(clip, formats="greenscreen_h264", spherical="inject")
    boxes = read_spherical(paths_of(clip, made)[0])
    assert boxes is not None
    assert (boxes.stereo_mode, boxes.half) == (2, True)
    shutil.rmtree(tmp_path / "run")
    clip = make_clip(name="other_LR.mp4", spherical=True)
    dropped = export(clip, formats="greenscreen_h264", spherical="drop")
    assert read_spherical(paths_of(clip, dropped)[0]) is None


def test_uneven_clocks_and_two_tracks_stay_exact(make_clip) -> None:
    times = [0, 33, 95, 160, 171, 260, 300, 420, 421, 500, 640, 700]
    clip = make_clip(times=times, sound=2, chunks=(5, 2))
    record = export(clip, formats="prores_4444,greenscreen_h265,ffv1,packed_alpha,matte")
    for path in paths_of(clip, record):
        found = compare(clip.source, path)
        assert found.frames == (12, 12)
        assert found.same_sound
        assert found.sound_packets[0] == found.sound_packets[1] > 0
        tick = 0.0005 if path.suffix == ".mkv" else 0  # Matroska counts milliseconds
        assert found.largest_time_error_s <= tick + 1e-9
    errors = {r["format"]: r["largest_time_error_s"] for r in record.figures["outputs"]}
    assert errors["prores_4444"] == errors["greenscreen_h265"] == errors["packed_alpha"] == 0


def test_sound_can_be_left_out(make_clip) -> None:
    clip = make_clip(sound=1)
    record = export(clip, formats="ffv1", sound="drop")
    assert not open_clip(paths_of(clip, record)[0]).has_audio
    assert record.figures["outputs"][0]["sound"] == "dropped"


def test_a_part_of_a_clip_is_proven_by_its_own_times(make_clip) -> None:
    clip = make_clip(times=[0, 40, 95, 160, 171, 260, 300], extent=(2, 6), sound=1)
    record = export(clip, formats="ffv1,greenscreen_h264")
    for path in paths_of(clip, record):
        written = [frame.time_s for frame in open_clip(path).frames()]
        gaps = np.diff(written)
        assert gaps == pytest.approx([0.065, 0.011, 0.089], abs=0.001)
        assert not open_clip(path).has_audio
    assert "2 to 5 of 7 were chosen; they are without sound" in record.figures["notes"][0]
    assert record.figures["outputs"][0]["frames"] == [4, 4]


def test_one_flat_eye(make_clip) -> None:
    layout = Layout.of("mono", (2 * EYE, EYE))
    clip = make_clip(name="talk.mp4", layout=layout, chunks=(5, 2))
    record = export(clip, formats="ffv1,matte", eyes="separate")
    assert [path.name for path in paths_of(clip, record)] == ["talk_ffv1.mkv", "talk_matte.mkv"]
    assert record.figures["agreement"]["mean"] is None
    with pytest.raises(InputError) as caught:
        export(clip, formats="packed_alpha")
    assert "leave packed_alpha out" in caught.value.fix


def test_doing_it_again_gives_the_same_bytes(make_clip) -> None:
    clip = make_clip(sound=1, spherical=True, chunks=(5, 2))
    formats = "prores_4444,ffv1,vp9,greenscreen_h264,greenscreen_h265,packed_alpha,matte"
    first = export(clip, formats=formats)
    bytes_of = {path: path.read_bytes() for path in paths_of(clip, first)}
    left = clip.item.place("videos", FOLDER)[1] / "videos"
    left.mkdir(parents=True)
    (left / "half.mov").write_bytes(b"half")  # as a killed run leaves it
    again = export(clip, formats=formats)
    assert again.figures == first.figures
    assert again.outputs == first.outputs
    assert not left.exists()
    assert [p.name for p, data in bytes_of.items() if p.read_bytes() != data] == []


def test_a_full_disk_leaves_nothing(make_clip, monkeypatch) -> None:
    clip = make_clip()
    count = 0
    real = run.stream

    def full(footage, sinks, watch, threads):
        def wait(unit):
            nonlocal count
            count += 1
            if count == 5:
                raise OSError(errno.ENOSPC, "No space left on device")
            watch(unit)

        return real(footage, sinks, wait, threads)

    monkeypatch.setattr(run, "stream", full)
    with pytest.raises(OutputError) as caught:
        export(clip, formats="prores_4444,ffv1,png")
    assert "no space left" in caught.value.what
    assert "run the same command again" in caught.value.fix
    assert count == 5
    assert [p for p in (clip.item.root / "export").rglob("*") if p.is_file()] == []


def test_an_encoder_that_meets_a_full_disk_leaves_nothing(make_clip, monkeypatch) -> None:
    clip = make_clip()

    def no_room(self, output, packet) -> None:
        raise av.OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("multiplane.media.writer.VideoWriter._mux", no_room)
    with pytest.raises(OutputError) as caught:
        export(clip, formats="ffv1,greenscreen_h264")
    assert "free some space" in caught.value.fix
    assert [p for p in (clip.item.root / "export").rglob("*") if p.is_file()] == []


def test_a_video_that_lost_a_frame_is_removed(make_clip, monkeypatch) -> None:
    clip = make_clip()
    monkeypatch.setattr(
        "multiplane.split.export.sinks.Sink.write",
        lambda self, frame, composed: frame.index == 7 or self._writer.write(
            np.ascontiguousarray(composed.cutout), frame.pts),
    )  # fmt: skip
    with pytest.raises(OutputError) as caught:
        export(clip, formats="ffv1")
    assert "11 frames" in caught.value.what
    assert "has 12" in caught.value.what
    assert [p for p in (clip.item.root / "export").rglob("*") if p.is_file()] == []
    record = export(clip, formats="ffv1", verify_sync=False)
    assert record.figures["outputs"][0]["verified"] is False


def test_people_and_disagreements_of_all_chunks(make_clip) -> None:
    clip = make_clip(chunks=(5, 2), ids=lambda chunk: ((1, 2), (2, 1), (7, 3))[chunk % 3])
    record = export(clip, formats="matte")
    assert [(one["id"], one["frames"]) for one in record.figures["people"]] == [(1, 12), (2, 12)]
    listed = record.figures["disagreements"]["listed"]
    assert record.figures["disagreements"]["count"] == len(listed) == 4  # none of them twice
    assert {one["id"] for one in listed} == {1}
    assert record.figures["agreement"]["mean"] == 0.98


def test_another_clip_is_refused(make_clip, make_source) -> None:
    clip = make_clip()
    other = Layout.of("sbs", (64, 32))
    for part in clip.parts:
        part["data"]["layout"] = other.to_json()
    with pytest.raises(InputError) as caught:
        export(clip)
    assert "run the whole recipe again" in caught.value.fix


def test_a_stage_travels() -> None:
    assert pickle.loads(pickle.dumps(Export())).name == "split.export"
    assert Export().fingerprint(Export.options()) == ""
