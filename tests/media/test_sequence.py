from __future__ import annotations

from pathlib import Path

import numpy as np

from multiplane.media.images import read_frame, write_frame
from multiplane.media.sequence import PictureFiles


def test_pictures_are_read_when_asked_for(tmp_path: Path) -> None:
    picture = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
    paths = [tmp_path / f"{n}.png" for n in range(3)]
    write_frame(paths[1], picture)
    files = PictureFiles(paths, read_frame)
    assert len(files) == 3
    assert np.array_equal(files[1], picture)
    assert np.array_equal(files[1:2][0], picture)
