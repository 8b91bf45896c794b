from __future__ import annotations

from multiplane.media import video


def test_the_public_names_are_there() -> None:
    assert all(hasattr(video, name) for name in video.__all__)
