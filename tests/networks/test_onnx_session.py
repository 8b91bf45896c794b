from pathlib import Path

import numpy as np
import pytest
import tiny_yolo
from tiny_yolo import SIDE_PX, save_yolo

from multiplane.core.errors import BackendError, WeightsError
from multiplane.networks.onnx_session import ask, open_session

FRAME = np.zeros((30, 40, 3), np.uint8)


def picture(side: int = SIDE_PX) -> dict[str, np.ndarray]:
    return {"images": np.zeros((1, 3, side, side), np.float32)}


def test_a_network_is_asked(tmp_path: Path) -> None:
    path = save_yolo(tmp_path / "yolo.onnx", [[32, 32, 10, 10, 0.5, 0.25, 0]])
    session = open_session(path, 1, "another")
    assert session.get_session_options().intra_op_num_threads == 1
    found = ask(session, "output0", picture(), FRAME)
    assert found.dtype == np.float32
    assert found.ravel().tolist() == [32, 32, 10, 10, 0.5, 0.25, 0]


def test_a_frame_it_fails_on_is_told(tmp_path: Path) -> None:
    session = open_session(save_yolo(tmp_path / "yolo.onnx", [[1] * 7]), 0, "another")
    with pytest.raises(BackendError, match="on a frame of 40x30") as caught:
        ask(session, "output0", picture(SIDE_PX + 1), FRAME)
    assert caught.value.fix == "multiplane doctor"
    assert caught.value.__cause__ is not None


def test_what_takes_nothing_is_no_network(tmp_path: Path) -> None:
    path = tmp_path / "mute.onnx"
    held = tiny_yolo._tensor("y", np.zeros(2, np.float32))
    graph = tiny_yolo._text(2, "mute") + tiny_yolo._bytes(5, held)
    graph += tiny_yolo._bytes(12, tiny_yolo._value("y", [2]))
    model = tiny_yolo._int(1, 8) + tiny_yolo._bytes(7, graph)
    path.write_bytes(model + tiny_yolo._bytes(8, tiny_yolo._int(2, 13)))
    for wrong, why in ((path, "takes nothing"), (tmp_path / "absent.onnx", "doesn't exist")):
        with pytest.raises(WeightsError, match="cannot be loaded as an ONNX network") as caught:
            open_session(wrong, 0, "fetch it again")
        assert why in caught.value.why
        assert caught.value.fix == "fetch it again"
