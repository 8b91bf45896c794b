from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("transformers", reason="needs pip install 'multiplane[neural]'")

from tiny_sam_video import SIZE, save_tiny_video_sam  # noqa: E402

from multiplane.core.compute import Compute  # noqa: E402
from multiplane.networks.sam.video import open_video_sam  # noqa: E402


@pytest.mark.parametrize("size", [(3, 40), (1, 40), (40, 3), (1, 1)])
def test_a_frame_of_few_rows_is_no_row_of_planes(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], size: tuple[int, int]
) -> None:
    sam = open_video_sam(save_tiny_video_sam(tmp_path), Compute("cpu"))
    capfd.readouterr()
    red = np.zeros((*size, 3), np.uint8)
    red[..., 0] = 255
    seen = sam.see(red)
    assert seen.shape == (1, 3, SIZE, SIZE)
    assert torch.equal(seen, sam.see(np.broadcast_to(red[:1, :1], (9, 9, 3))))
    assert capfd.readouterr() == ("", "")
