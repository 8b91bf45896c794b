from __future__ import annotations

import base64
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from multiplane.engine.report.artwork_views import Views, where_most_is
from multiplane.engine.report.pictures import OUTLINE


def drawn(uri: str) -> NDArray[np.uint8]:
    code = np.frombuffer(base64.b64decode(uri.partition(",")[2]), np.uint8)
    picture = cv2.imdecode(code, cv2.IMREAD_COLOR_RGB)
    assert picture is not None
    return np.asarray(picture, np.uint8)


def put(path: Path, picture: NDArray[np.uint8]) -> Path:
    cv2.imwrite(str(path), picture)
    return path


def test_whole_and_where_the_damage_is(tmp_path: Path) -> None:
    original = np.full((500, 900, 3), 90, np.uint8)
    mask = np.zeros((500, 900), np.uint8)
    mask[400:440, 700:760] = 255
    mask[5:10, 5:10] = 255
    repaired = original.copy()
    repaired[mask > 0] = 200
    files = {
        name: put(tmp_path / f"{name}.png", of)
        for name, of in (("o", original), ("m", mask), ("r", repaired), ("s", original))
    }
    views = Views([files["o"]], [files["m"]])
    whole, detail = views.rows(
        [("rank 1", files["r"]), ("rank 2", files["s"]), ("gone", tmp_path / "gone.png")]
    )
    assert [caption for caption, _ in whole[1]] == ["original", "damage", "rank 1"]
    assert [caption for caption, _ in detail[1]] == ["original", "damage", "rank 1", "rank 2"]
    assert {drawn(uri).shape for _, uri in whole[1]} == {(233, 420, 3)}
    shown = [drawn(uri) for _, uri in detail[1]]
    assert {picture.shape for picture in shown} == {(320, 320, 3)}
    x0, y0, _, _ = where_most_is(mask > 0)
    inside = (420 - y0, 730 - x0)
    levels = [[int(level) for level in picture[inside]] for picture in shown]
    for found, wanted in zip(levels, [[90] * 3, [*OUTLINE], [200] * 3, [90] * 3], strict=True):
        assert found == pytest.approx(wanted, abs=8)


def test_nothing_to_show(tmp_path: Path) -> None:
    assert Views([], []).rows([]) == []
    small = put(tmp_path / "o.png", np.zeros((9, 7, 3), np.uint8))
    other = put(tmp_path / "m.png", np.full((8, 8), 255, np.uint8))
    whole, _ = Views([small], [other]).rows([])
    assert [caption for caption, _ in whole[1]] == ["original"], "the mask is of another size"
    whole, detail = Views([tmp_path / "gone.png"], [other]).rows([("rank 1", small)])
    assert [caption for caption, _ in whole[1]] == ["rank 1"]
    assert [caption for caption, _ in detail[1]] == ["rank 1"]


@pytest.mark.parametrize("shape", [(1, 1), (20, 4000), (700, 30), (1200, 1100)])
def test_the_part_lies_within_the_mask_and_holds_damage(shape: tuple[int, int]) -> None:
    mask = np.zeros(shape, np.bool_)
    mask[-1:, -1:] = True
    x0, y0, x1, y1 = where_most_is(mask)
    assert 0 <= x0 < x1 <= shape[1]
    assert 0 <= y0 < y1 <= shape[0]
    assert (x1 - x0, y1 - y0) == (min(320, shape[1]), min(320, shape[0]))
    assert mask[y0:y1, x0:x1].any()


def test_a_picture_as_small_as_its_part_is_shown_once(tmp_path: Path) -> None:
    picture = put(tmp_path / "o.png", np.zeros((90, 70, 3), np.uint8))
    mask = np.zeros((90, 70), np.uint8)
    mask[3:9, 4:8] = 255
    given = [("rank 1", picture), ("rank 2", picture)]
    [(title, shown)] = Views([picture], [put(tmp_path / "m.png", mask)]).rows(given)
    assert title == "the whole picture, with all restorations"
    assert [caption for caption, _ in shown] == ["original", "damage", "rank 1", "rank 2"]
