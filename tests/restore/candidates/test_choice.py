from __future__ import annotations

import pytest

from multiplane.restore.candidates import choice
from multiplane.restore.candidates.choice import ASKED, decide
from multiplane.restore.candidates.config import AutoOptions
from multiplane.restore.inpaint.config import OpenCvOptions


@pytest.mark.parametrize(
    ("diffusion", "lama", "packages", "kind", "words"),
    [
        ("", "", "", "diffusion", ["sd2-inpainting are here"]),
        ("sd2 is not here", "", "", "lama", ["big-lama are here", "diffusion, sd2 is not here"]),
        ("sd2 is not here", "no lama", "", "patchmatch", ["sd2 is not here", "lama, no lama"]),
        ("", "", "torch missing; pip", "patchmatch", ["for diffusion, torch missing; pip"]),
    ],
)
def test_auto_takes_the_best_that_is_here_and_says_why(
    diffusion: str, lama: str, packages: str, kind: str, words: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("multiplane.hub.pipelines.why_absent", lambda model: diffusion)
    monkeypatch.setattr("multiplane.hub.weights.why_absent", lambda model: lama)
    monkeypatch.setattr(choice, "not_installed", lambda names: packages)
    chosen = decide(AutoOptions())
    assert chosen.kind == kind
    for word in words:
        assert word in chosen.why


def test_what_is_asked_for_is_taken() -> None:
    chosen = decide(OpenCvOptions(radius_px=3))
    assert chosen.options == OpenCvOptions(radius_px=3)
    assert chosen.why == ASKED
