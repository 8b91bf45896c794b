from __future__ import annotations

from multiplane.core.provenance import versions


def test_names_what_is_installed() -> None:
    found = versions()
    assert found["python"].startswith("3.")
    assert "numpy" in found
    assert "multiplane" in found
