import hashlib

import pytest

from multiplane.core.errors import WeightsError
from multiplane.hub import lookup, shelf


def test_one_file(tmp_path, entry, content, monkeypatch):
    monkeypatch.setattr(lookup, "fetch_member", lambda _s, target, _l: target.write_bytes(content))
    path = tmp_path / "models" / "tiny" / "tiny.onnx"
    assert shelf.place(entry, tmp_path) == path
    assert shelf.locate(entry, cache=tmp_path) is None
    before = shelf.identity(entry, cache=tmp_path)
    assert shelf.find(entry, cache=tmp_path) == shelf.pull(entry, tmp_path) == path
    assert shelf.identity(entry, cache=tmp_path) == before == entry.sha256
    assert str(path) in shelf.by_hand(entry, tmp_path)


def test_a_bundle(tmp_path, bundle, hub):
    folder = tmp_path / "models" / "small"
    assert shelf.place(bundle, tmp_path) == folder
    assert shelf.locate(bundle, cache=tmp_path) is None
    before = shelf.identity(bundle, cache=tmp_path)
    assert shelf.find(bundle, cache=tmp_path) == shelf.pull(bundle, tmp_path) == folder
    assert shelf.locate(bundle, cache=tmp_path) == folder
    assert shelf.identity(bundle, cache=tmp_path) == before == hub.branch
    assert "FOLDER/small" in shelf.by_hand(bundle, tmp_path)


def test_ones_own(tmp_path, entry, bundle):
    own = tmp_path / "own.onnx"
    own.write_bytes(b"abc")
    assert shelf.locate(entry, own, cache=tmp_path) == own
    assert shelf.identity(entry, own, tmp_path) == hashlib.sha256(b"abc").hexdigest()
    with pytest.raises(WeightsError, match="is not all of small") as caught:
        shelf.find(bundle, tmp_path, cache=tmp_path)
    assert caught.value.fix.endswith("or remove the folder")
