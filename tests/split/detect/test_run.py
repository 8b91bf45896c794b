from __future__ import annotations

import pickle
import weakref
from pathlib import Path

import cv2
import numpy as np
import pytest
from tiny_yolo import save_yolo

from multiplane.cli.main import main
from multiplane.core.detections import Detection, read_boxes
from multiplane.core.errors import ConfigError, InputError, WeightsError
from multiplane.core.items import Item, Planes, Record
from multiplane.engine import api
from multiplane.engine.recipe import stage_recipe
from multiplane.hub import weights
from multiplane.media.images import read_frame
from multiplane.networks.detector_onnx import suppress
from multiplane.split.detect.config import DetectOptions, DFineOptions, PartsOptions, YoloOptions
from multiplane.split.detect.run import Detect, Finder, detect

SIZE = (90, 52)
SHARED = Path(__file__).resolve().parents[3] / "../shared"
PARTS = DetectOptions(backend=PartsOptions(segmenter="motion"))


def person(*box: float, score: float = 0.9) -> Detection:
    return Detection(box, score, "person")  # type: ignore[arg-type]


def run(item: Item, options: DetectOptions = PARTS) -> Record:
    return pickle.loads(pickle.dumps(Detect())).open(options).work(item)


# as a function


def test_detect_is_a_function_over_frames(footage, masks) -> None:
    found = detect(footage(3), PARTS, masks(3))
    frames = list(found.frames)
    assert [(one.frame, one.index) for one in frames] == [("000000", 0), ("000001", 1),
                                                          ("000002", 2)]  # fmt: skip
    assert [box.box for box in frames[1].boxes] == [(6, 10, 26, 40), (60, 20, 70, 35)]
    assert found.size == SIZE
    assert found.figures == {
        "backend": "parts", "why": "asked for", "labels": "character", "looked_frames": 3,
        "boxes": 6, "boxes_mean": 2.0, "boxes_most": 2, "empty_frames": 0,
        "notes": ["boxes are of the parts of the masks that were handed in"],
    }  # fmt: skip


def test_nobody_is_no_error(footage) -> None:
    nobody = [np.zeros((SIZE[1], SIZE[0]), bool)] * 2
    found = detect(footage(2), PARTS, nobody)
    assert [one.boxes for one in found.frames] == [(), ()]
    assert found.figures["boxes"] == 0
    assert found.figures["empty_frames"] == 2


def test_every_so_many_frames(footage, told) -> None:
    detector = told({0: [person(1, 1, 20, 20)]})
    found = Finder(DetectOptions(every_frames=3), detector).find(footage(7))
    assert [one.index for one in found.frames] == [0, 3, 6]
    assert detector.shown == [0, 3, 6]
    assert found.figures["looked_frames"] == 3
    assert found.figures["why"] == "handed in"


def test_boxes_are_sifted(footage, told) -> None:
    boxes = [person(-9, 1, 20, 60, score=0.6), person(1, 1, 3, 40), person(1, 1, 9, 9, score=0.1),
             Detection((1, 1, 30, 30), 1.0, "dog"), person(40, 1, 60, 30)]  # fmt: skip
    options = DetectOptions(max_boxes=2)
    detector = told({0: boxes}, ("person", "dog"))
    (one,) = Finder(options, detector).find(footage(1)).frames
    assert one.boxes == (person(40, 1, 60, 30), person(0, 1, 20, 52, score=0.6))


def test_progress_is_told(footage, masks) -> None:
    steps: list[tuple[int, int | None]] = []
    found = detect(footage(3), PARTS, masks(3), lambda done, total: steps.append((done, total)))
    assert len(list(found.frames)) == 3
    assert steps[0] == (0, 3)
    assert steps[-1] == (3, 3)


def test_what_cannot_be(footage, masks) -> None:
    with pytest.raises(InputError, match="a shot without frames") as caught:
        detect([], PARTS)
    assert caught.value.fix == "leave the shot out"
    with pytest.raises(InputError, match="there are 3 frames and 2 masks") as caught:
        detect(footage(3), PARTS, masks(2))
    assert caught.value.fix == "hand in one mask a frame, in the same order"
    with pytest.raises(ConfigError, match="parts knows no label 'dog'"):
        detect(footage(1), DetectOptions(backend=PartsOptions(), labels="dog"))
    with pytest.raises(WeightsError):
        detect(footage(1), DetectOptions(backend=YoloOptions(model="nowhere.onnx")))


def test_a_shot_of_any_length_needs_no_memory(told) -> None:
    """Of the frames, a few exist at a time; each is gone once it was looked at."""
    alive: set[int] = set()

    class Frames:
        most = 0

        def __len__(self) -> int:
            return 200

        def __getitem__(self, index: int) -> np.ndarray:
            frame = np.zeros((20, 20, 3), np.uint8)
            alive.add(index)
            weakref.finalize(frame, alive.discard, index)
            Frames.most = max(Frames.most, len(alive))
            return frame

    found = Finder(DetectOptions(), told({})).find(Frames())  # type: ignore[arg-type]
    assert sum(1 for _ in found.frames) == 200
    assert Frames.most <= 4


# boxes of one's own


@pytest.fixture
def mine(tmp_path: Path) -> str:
    path = tmp_path / "mine.yaml"
    path.write_text("000001: [[10, 10, 200, 40]]\n000004: []\n000005: [[1, 1, 3, 3]]\n")
    return str(path)


def test_overrides_replace_what_was_found(footage, told, mine: str) -> None:
    detector = told({index: [person(1, 1, 20, 20, score=0.8)] for index in range(7)})
    options = DetectOptions(every_frames=2, overrides=mine)
    found = Finder(options, detector).find(footage(7))
    frames = {one.index: one.boxes for one in found.frames}
    own = person(10, 10, 90, 40, score=1.0)
    seen = (person(1, 1, 20, 20, score=0.8),)
    # also where nobody would have looked; a person may draw what is smaller than min_box_px
    assert frames == {0: seen, 1: (own,), 2: seen, 4: (), 5: (person(1, 1, 3, 3, score=1.0),),
                      6: seen}  # fmt: skip
    assert list(frames) == sorted(frames)
    assert detector.shown == [0, 2, 6]  # what is replaced need not be looked at
    assert found.figures["overridden_frames"] == 3


def test_overrides_add_to_what_was_found(footage, told, mine: str) -> None:
    detector = told({index: [person(1, 1, 20, 20, score=0.8)] for index in range(7)})
    options = DetectOptions(overrides=mine, override_mode="add")
    frames = list(Finder(options, detector).find(footage(7)).frames)
    assert [box.score for box in frames[1].boxes] == [1.0, 0.8]
    assert [box.score for box in frames[4].boxes] == [0.8]
    assert detector.shown == list(range(7))


@pytest.mark.parametrize(
    ("labels", "label"), [("person", "person"), ("dog, person", "dog"), ("all", "person")]
)
def test_overrides_are_of_what_is_looked_for(footage, told, mine, labels: str, label: str) -> None:
    options = DetectOptions(overrides=mine, labels=labels)
    found = Finder(options, told({}, ("person", "dog"))).find(footage(2))
    assert list(found.frames)[1].boxes[0].label == label


def test_overrides_of_one_clip_among_several(footage, told, tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text('{"film/000000": [[1, 1, 9, 9]]}')
    finder = Finder(DetectOptions(overrides=str(path)), told({}))
    assert [len(one.boxes) for one in finder.find(footage(1), shot="film/0001").frames] == [1]
    assert [len(one.boxes) for one in finder.find(footage(1), shot="other/0001").frames] == [0]


def test_overrides_that_are_not_there(footage) -> None:
    with pytest.raises(InputError, match="cannot read") as caught:
        detect(footage(1), DetectOptions(backend=PartsOptions(), overrides="nowhere.json"))
    assert caught.value.fix == "check the path"


# as a stage


def test_the_stage_writes_one_file_a_shot(tmp_path: Path, make_item) -> None:
    record = run(make_item(tmp_path))
    (planes,) = record.outputs
    assert planes == Planes("clip/0001", {"boxes": ("split.detect/boxes/clip/0001/boxes.json",)})
    told = read_boxes(tmp_path / planes.files["boxes"][0], SIZE)
    assert [one.frame for one in told.frames] == ["000007", "000008", "000009"]
    assert [one.index for one in told.frames] == [0, 1, 2]
    assert told.frames[0].boxes[0].box == (5, 10, 25, 40)
    assert record.figures["boxes"] == 6
    assert record.figures["frames"] == [
        {"frame": f"00000{n}", "boxes": 2, "score_most": 1.0, "score_least": 1.0} for n in (7, 8, 9)
    ]
    assert set(record.timings) == {"detect"}


def test_the_stage_without_masks(tmp_path: Path, make_item) -> None:
    record = run(make_item(tmp_path, with_masks=False))
    assert "no masks were handed in" in str(record.figures["notes"])


def test_a_frame_that_cannot_be_read_leaves_no_file(tmp_path: Path, make_item) -> None:
    item = make_item(tmp_path)
    item.paths("masks")[2].write_bytes(b"no picture")
    with pytest.raises(InputError):
        run(item)
    assert not list((tmp_path / "split.detect").rglob("*.json"))


def test_the_fingerprint_is_of_backend_weights_and_overrides(
    tmp_path: Path, mine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Detect()
    plain = stage.fingerprint(PARTS)
    assert plain == "parts"
    with_mine = PARTS.model_copy(update={"overrides": mine})
    first = stage.fingerprint(with_mine)
    assert first.startswith("parts overrides:")
    Path(mine).write_text("000001: []")
    assert stage.fingerprint(with_mine) != first
    path = save_yolo(tmp_path / "yolo.onnx", [[1, 1, 1, 1, 1, 1, 1]])
    yolo = DetectOptions(backend=YoloOptions(model=str(path)))
    before = stage.fingerprint(yolo)
    save_yolo(path, [[2, 1, 1, 1, 1, 1, 1]])
    assert before.startswith("yolo own@")
    assert stage.fingerprint(yolo) != before
    assert stage.weights(yolo) == (str(path),)
    gone = DetectOptions(backend=YoloOptions(model=str(tmp_path / "gone.onnx")))
    assert stage.fingerprint(gone) == "yolo"  # what is wrong with it is told by the backend
    named = DetectOptions(backend=DFineOptions())
    assert stage.weights(named) == ("d-fine-small",)
    fetched: list[str] = []
    monkeypatch.setattr(weights, "find", fetched.append)
    assert stage.fingerprint(named).startswith("d_fine d-fine-small@")
    assert fetched == ["d-fine-small"]  # before anything runs


# as a user has it


def test_the_command_line(clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ["split", "detect", str(clip), "-o", str(out), "--backend", "parts", "--quiet",
             "--set", "detect.backend.segmenter=motion"]  # fmt: skip
    with pytest.raises(SystemExit, match="0"):
        main([*words, "--threshold", "0.5"])
    (file,) = out.rglob("boxes.json")
    told = read_boxes(file)
    assert told.size == (240, 160)
    assert len(told.frames) == 16
    before = file.stat().st_mtime_ns
    with pytest.raises(SystemExit, match="0"):  # and nothing is done again
        main([*words, "--threshold", "0.5"])
    assert file.stat().st_mtime_ns == before


def test_boxes_find_who_walks_there(drawn, clip: Path, tmp_path: Path) -> None:
    """Against masks that are known, without any weights."""
    options = {"detect.backend.kind": "parts", "detect.backend.segmenter": "motion"}
    report = api.run(footage_of("split.detect"), clip, tmp_path / "out", options=options)
    assert report.exit_status == 0
    (file,) = (tmp_path / "out").rglob("boxes.json")
    hit = 0
    for frame, mask in zip(read_boxes(file).frames, drawn.masks, strict=True):
        ys, xs = np.nonzero(mask)
        true = (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)
        hit += any(overlap(box.box, true) > 0.7 for box in frame.boxes)
    assert hit >= 13


def footage_of(stage: str):
    from multiplane.engine.folders import footage_recipe  # noqa: PLC0415 - only here

    return footage_recipe(stage)


def overlap(first, second) -> float:
    x = max(0, min(first[2], second[2]) - max(first[0], second[0]))
    y = max(0, min(first[3], second[3]) - max(first[1], second[1]))
    areas = sum((b[2] - b[0]) * (b[3] - b[1]) for b in (first, second))
    return x * y / (areas - x * y)


def test_a_run_that_was_cut_off_goes_on(tmp_path: Path, make_item, monkeypatch) -> None:
    item = make_item(tmp_path / "in")
    planes = [
        Planes(f"clip/{n}", {name: tuple(map(str, item.paths(name))) for name in item.files})
        for n in range(3)
    ]
    recipe = stage_recipe("split.detect").with_options({"detect.backend": "parts"}, {})
    done: list[str] = []
    plain = Finder.find

    def cut_off(self, frames, masks=None, names=None, shot="", **rest):
        done.append(shot)
        if len(done) == 2:
            raise KeyboardInterrupt
        return plain(self, frames, masks, names, shot, **rest)

    monkeypatch.setattr(Finder, "find", cut_off)
    with pytest.raises(KeyboardInterrupt):
        api.run(recipe, planes, tmp_path / "out")
    assert api.run(recipe, planes, tmp_path / "out").exit_status == 0
    assert done == ["clip/0", "clip/1", "clip/1", "clip/2"]
    assert len(list((tmp_path / "out").rglob("boxes.json"))) == 3


# a real detector on real pictures


class FastestDet:
    """One output of 22x22 cells: objectness, place, size and 80 classes (BSD-3)."""

    labels = {"person": "person"}  # noqa: RUF012
    notes: list[str] = []  # noqa: RUF012

    def __init__(self, path: Path) -> None:
        self.net = cv2.dnn.readNetFromONNX(str(path))

    def detect(self, footage, threshold):
        for index in footage.looked_at:
            blob = cv2.dnn.blobFromImage(
                footage.frame(index), 1 / 255, (352, 352), swapRB=True
            )  # it was trained on BGR
            self.net.setInput(blob)
            cells = self.net.forward()[0]
            side = cells.shape[1]
            rows, columns = np.mgrid[:side, :side]
            scores = cells[0] ** 0.6 * cells[5:].max(axis=0) ** 0.4
            persons = (cells[5:].argmax(axis=0) == 0) & (scores > threshold)
            x = (np.tanh(cells[1]) + columns) / side * footage.size[0]
            y = (np.tanh(cells[2]) + rows) / side * footage.size[1]
            width, height = (1 / (1 + np.exp(-cells[n])) * footage.size[n - 3] for n in (3, 4))
            order = np.argsort(-scores[persons])
            x, y, width, height, scores = (
                values[persons][order] for values in (x, y, width, height, scores)
            )
            boxes = np.stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2], 1)
            kept = suppress(boxes, np.zeros(len(boxes), np.int64), 0.45)
            yield [Detection(tuple(boxes[at].tolist()), float(scores[at]), "person") for at in kept]


def test_a_real_detector_on_a_real_picture() -> None:
    network, picture = SHARED / "models/fastestdet/FastestDet.onnx", SHARED / "media/astronaut.png"
    if not (network.is_file() and picture.is_file()):
        pytest.skip("needs the shared models and media")
    frame = read_frame(picture)
    finder = Finder(DetectOptions(threshold=0.6), FastestDet(network))  # type: ignore[arg-type]
    (one,) = finder.find([frame]).frames
    assert 1 <= len(one.boxes) <= 4
    assert overlap(one.boxes[0].box, (10, 0, 470, 512)) > 0.6
