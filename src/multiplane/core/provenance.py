"""What a result was made with: versions of the interpreter, of us and of what we build on."""

from __future__ import annotations

import functools
import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = (
    "multiplane", "numpy", "opencv-python-headless", "av", "pillow", "isal", "onnxruntime",
    "pymatting", "scikit-image", "scipy", "pydantic", "torch", "torchvision", "transformers",
    "diffusers",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Package → version, of those that are installed; ``python`` and ``machine`` too."""
    return dict(_found())


@functools.cache
def _found() -> dict[str, str]:
    """Looked up once: records of many pictures ask for it."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
