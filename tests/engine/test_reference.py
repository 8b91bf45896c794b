from __future__ import annotations

from pathlib import Path

from multiplane.engine.reference import anchor, reference

DOCS = Path(__file__).resolve().parents[2] / "docs" / "recipes.md"


def test_the_page_is_what_the_models_say() -> None:
    assert DOCS.read_text(encoding="utf-8") == reference(), (
        "python -m multiplane.engine.reference > docs/recipes.md"
    )


def test_anchor() -> None:
    assert anchor("split.segment") == "splitsegment"
