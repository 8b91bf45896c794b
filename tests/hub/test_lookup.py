import dataclasses
import subprocess
import sys

import pytest

from multiplane.core.errors import MissingDependencyError, OutputError, WeightsError
from multiplane.hub import lookup
from multiplane.hub.cache import choose_models, sha256_of
from multiplane.hub.lookup import find, identity, locate, place, pull
from multiplane.hub.sources import HubSource, UrlSource


@pytest.fixture
def fetched(monkeypatch, content):
    """Serve the content without any client; tell how often."""
    calls = []

    def serve(_source, target, _limit_bytes):
        calls.append(target)
        target.write_bytes(content)

    monkeypatch.setattr(lookup, "fetch_member", serve)
    return calls


def test_it_is_fetched_once(tmp_path, entry, fetched, content):
    assert locate(entry, cache=tmp_path) is None
    first = find(entry, cache=tmp_path)
    assert first == place(entry, tmp_path) == tmp_path / "models" / "tiny" / "tiny.onnx"
    assert first.read_bytes() == content
    assert find(entry, cache=tmp_path) == pull(entry, tmp_path) == first
    assert len(fetched) == 1
    assert [p.name for p in first.parent.iterdir() if not p.name.endswith(".lock")] == ["tiny.onnx"]


def test_the_order_is_explicit_folder_cache_source(tmp_path, entry, fetched, content):
    cache, folder = tmp_path / "cache", tmp_path / "folder"
    held = pull(entry, cache)
    deep = folder / "tiny" / "tiny.onnx"
    deep.parent.mkdir(parents=True)
    deep.write_bytes(content)
    assert find(entry, folder=folder, cache=cache) == deep
    flat = folder / "tiny.onnx"
    flat.write_bytes(content)
    assert find(entry, folder=folder, cache=cache) == flat
    own = tmp_path / "own.onnx"
    own.write_bytes(b"other weights")
    assert find(entry, own, folder, cache) == own
    assert find(entry, folder=tmp_path / "absent", cache=cache) == held
    assert len(fetched) == 1


@pytest.mark.parametrize("content_of", [None, b""], ids=["absent", "empty"])
def test_an_explicit_path_must_be_there(tmp_path, entry, fetched, content_of):
    own = tmp_path / "own.onnx"
    if content_of is not None:
        own.write_bytes(content_of)
    with pytest.raises(WeightsError, match=r"own\.onnx is no file") as caught:
        find(entry, own, cache=tmp_path)
    assert "existing tiny.onnx" in caught.value.fix
    assert not fetched


def test_a_file_of_another_hash_is_refused(tmp_path, entry, content):
    (tmp_path / "tiny.onnx").write_bytes(content[::-1])
    with pytest.raises(WeightsError, match="is not tiny") as caught:
        find(entry, folder=tmp_path, cache=tmp_path / "cache")
    assert caught.value.fix == (
        "delete it and type: multiplane models pull tiny; for weights of your own, name their "
        "file by its path instead"
    )


def test_pulling_replaces_a_damaged_file(tmp_path, entry, fetched, content):
    path = place(entry, tmp_path)
    path.parent.mkdir(parents=True)
    path.write_bytes(content[::-1])
    assert pull(entry, tmp_path).read_bytes() == content
    assert len(fetched) == 1
    assert find(entry, cache=tmp_path) == path


def test_what_comes_with_another_hash_does_not_enter(tmp_path, entry, monkeypatch):
    monkeypatch.setattr(lookup, "fetch_member", lambda _s, target, _l: target.write_bytes(b"evil"))
    with pytest.raises(WeightsError, match="is not tiny: 4 bytes"):
        find(entry, cache=tmp_path)
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and not p.name.endswith(".lock")]


def test_offline_says_what_to_put_where(tmp_path, entry, fetched):
    with pytest.raises(WeightsError, match=r"tiny\.onnx of tiny is not on this machine") as caught:
        find(entry, cache=tmp_path, offline=True)
    assert not fetched
    for part in (str(place(entry, tmp_path)), entry.sha256, "tinynet==1.0",
                 "multiplane models pull tiny", "as tiny.onnx into a folder",
                 "export MULTIPLANE_MODELS=FOLDER"):  # fmt: skip
        assert part in caught.value.fix


def test_a_failed_fetch_says_what_to_put_where(tmp_path, entry, monkeypatch):
    def fail(*_):
        raise WeightsError("cannot fetch it", why="pip: no network")

    monkeypatch.setattr(lookup, "fetch_member", fail)
    with pytest.raises(WeightsError, match="cannot get tiny") as caught:
        find(entry, cache=tmp_path)
    assert caught.value.why == "pip: no network"
    assert str(place(entry, tmp_path)) in caught.value.fix


def test_a_cache_that_cannot_be_written(tmp_path, entry, fetched):
    (tmp_path / "cache").write_text("a file, not a folder")
    with pytest.raises(OutputError) as caught:
        find(entry, cache=tmp_path / "cache")
    assert caught.value.why.endswith(f"fetched files are kept in {tmp_path / 'cache'}")
    assert caught.value.fix.endswith("export MULTIPLANE_CACHE=FOLDER")
    assert not fetched


def test_a_repository_needs_its_package(tmp_path, entry, monkeypatch):
    from_hub = dataclasses.replace(entry, source=HubSource("a/b", "0" * 40, "tiny.onnx"))
    monkeypatch.setattr("multiplane.hub.repositories.find_spec", lambda _: None)
    with pytest.raises(MissingDependencyError):
        find(from_hub, cache=tmp_path)


@pytest.fixture
def own_models(tmp_path):
    """A folder of models, chosen for this process."""
    folder = tmp_path / "own"
    folder.mkdir()
    choose_models(folder)
    yield folder
    choose_models(None)


def test_the_folder_of_this_process_comes_first(tmp_path, entry, fetched, content, own_models):
    assert locate(entry, cache=tmp_path) is None
    (own_models / "tiny.onnx").write_bytes(content)
    assert find(entry, cache=tmp_path) == own_models / "tiny.onnx"
    assert not fetched


def test_layouts_of_other_programs_are_taken_as_they_are(tmp_path, entry, content, own_models):
    entry = dataclasses.replace(entry, layouts=("tiny/models/best.ckpt", "tiny.safetensors"))
    assert identity(entry, cache=tmp_path) == entry.sha256
    other = own_models / "tiny" / "models" / "best.ckpt"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"abc")
    assert locate(entry, cache=tmp_path) == other
    assert identity(entry, cache=tmp_path) == sha256_of(other)
    own = own_models / "tiny.onnx"
    own.write_bytes(content)
    assert locate(entry, cache=tmp_path) == own, "what can be compared comes first"
    assert identity(entry, cache=tmp_path) == entry.sha256


def test_addresses_are_fetched_from(tmp_path, entry, monkeypatch, content):
    source = UrlSource("https://example.org/tiny.onnx")
    asked = []

    def serve(source, target, limit_bytes):
        asked.append((source, limit_bytes))
        target.write_bytes(content)

    monkeypatch.setattr(lookup, "fetch_url", serve)
    path = find(dataclasses.replace(entry, source=source), cache=tmp_path)
    assert path.read_bytes() == content
    assert asked == [(source, entry.size_bytes)]


RACER = """
import sys, time
from pathlib import Path
from multiplane.hub import lookup
from multiplane.hub.entries import Entry
from multiplane.hub.sources import WheelSource

def serve(source, target, limit_bytes):
    with open(sys.argv[2], "a") as log:
        log.write("fetched ")
    time.sleep(0.3)
    target.write_bytes(b"abc")

lookup.fetch_member = serve
entry = Entry(
    "tiny", "", "models", WheelSource("p", "1", "m"), "tiny.onnx",
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", 3, "", True, "", "",
)
assert lookup.find(entry, cache=Path(sys.argv[1])).read_bytes() == b"abc"
"""


def test_two_at_once_fetch_once(tmp_path):
    log = tmp_path / "log"
    command = [sys.executable, "-c", RACER, str(tmp_path / "cache"), str(log)]
    racers = [subprocess.Popen(command) for _ in range(3)]
    assert [racer.wait(30) for racer in racers] == [0, 0, 0]
    assert log.read_text() == "fetched "
