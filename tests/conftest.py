"""A drawn clip of which everything is known, for tests of whole recipes and of the examples."""

from __future__ import annotations

import importlib.util
import os
import sys
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import av
import pytest
from hypothesis import settings

from multiplane.hub.cache import choose_shared

ROOT = Path(__file__).resolve().parents[1]

settings.register_profile("untimed", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("untimed")

os.environ["MULTIPLANE_SHARED_CACHE"] = "off"  # what other programs keep here is no matter of tests
choose_shared(None, off=True)

if "PYTEST_XDIST_WORKER" in os.environ:  # several at a time would wait for each other's threads
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def oracle() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "oracle_scene", ROOT / "benchmarks" / "oracle_scene.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["oracle_scene"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def drawn() -> Any:
    maker = oracle()
    return maker.draw(maker.Scene(width=240, height=160, frames=16, walk=0.8, pan_px=12.0))


@pytest.fixture(scope="session")
def clip(drawn: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "walk.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("ffv1", rate=Fraction(24))
        stream.width, stream.height, stream.pix_fmt = 240, 160, "bgr0"
        for frame in drawn.frames:
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24").reformat(format="bgr0")
            out.mux(stream.encode(picture))
        out.mux(stream.encode())
    return path
