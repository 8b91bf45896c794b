from __future__ import annotations

from multiplane.core.progress import silent, track


def test_counts_what_was_finished() -> None:
    seen: list[tuple[int, int | None]] = []
    out = list(track("abc", 3, lambda done, total: seen.append((done, total))))
    assert out == ["a", "b", "c"]
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_silence() -> None:
    silent(1, None)
