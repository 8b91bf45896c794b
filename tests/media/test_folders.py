from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from multiplane.core.errors import DamagedFileError, InputError
from multiplane.media import folders, images


def test_a_bad_picture_costs_only_itself(tmp_path: Path) -> None:
    for index in range(6):
        images.write_frame(tmp_path / f"f{index}.png", np.full((8, 8 + index, 3), index, np.uint8))
    (tmp_path / "f3.png").write_bytes((tmp_path / "f3.png").read_bytes()[:60])
    (tmp_path / "f10.png").write_text("text")
    found = list(folders.read_folder(tmp_path, workers=2))
    assert [unit.path.stem for unit in found] == ["f0", "f1", "f2", "f3", "f4", "f5", "f10"]
    assert [unit.index for unit in found] == list(range(7))
    for unit in found:
        if unit.path.stem in {"f3", "f10"}:
            assert unit.frame is None
            assert isinstance(unit.error, DamagedFileError)
        else:
            assert unit.error is None
            assert unit.frame is not None
            assert (unit.frame == unit.index).all()


def test_no_pictures(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no pictures") as caught:
        list(folders.read_folder(tmp_path))
    assert "directly holds them" in caught.value.fix
