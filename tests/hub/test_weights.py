import hashlib

import pytest

from multiplane.core.errors import ConfigError, WeightsError
from multiplane.hub import table, weights


@pytest.fixture(autouse=True)
def known(monkeypatch, entry):
    monkeypatch.setitem(table.MODELS, "tiny", entry)


def test_by_name(tmp_path, entry, content):
    path = tmp_path / "models" / "tiny" / "tiny.onnx"
    assert weights.locate("tiny", cache=tmp_path) is None
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert weights.locate("tiny", cache=tmp_path) == path
    assert weights.find("tiny", cache=tmp_path, offline=True) == path
    assert weights.pull("tiny", tmp_path) == path
    assert weights.locate("tiny", folder=path.parent, cache=tmp_path / "other") == path


def test_unknown_names():
    with pytest.raises(ConfigError, match="no models called 'tine'") as caught:
        weights.find("tine")
    assert caught.value.fix == "use 'tiny'"


def test_fingerprints_need_no_file_but_the_users_own(tmp_path, entry):
    assert weights.fingerprint("tiny") == f"tiny@{entry.sha256[:16]}"
    own = tmp_path / "own.onnx"
    own.write_bytes(b"abc")
    digest = hashlib.sha256(b"abc").hexdigest()
    assert weights.fingerprint("tiny", own, tmp_path) == f"tiny@{digest[:16]}"
    with pytest.raises(WeightsError, match="is no file"):
        weights.fingerprint("tiny", tmp_path / "absent.onnx", tmp_path)


def test_ready_is_here_and_told_apart(tmp_path, monkeypatch, entry, content):
    own = tmp_path / "own.onnx"
    own.write_bytes(b"abc")
    assert weights.ready(str(own)) == weights.fingerprint(str(own))
    monkeypatch.setattr(weights.shelf, "find", lambda *_, **__: tmp_path / "tiny.onnx")
    assert weights.ready("tiny") == f"tiny@{entry.sha256[:16]}"

    def absent(*_, **__):
        raise WeightsError("not here")

    monkeypatch.setattr(weights.shelf, "find", absent)
    with pytest.raises(WeightsError, match="not here"):
        weights.ready("tiny")


def test_a_bundle_by_name(tmp_path, monkeypatch, bundle, hub):
    monkeypatch.setitem(table.MODELS, "small", bundle)
    assert weights.locate("small", cache=tmp_path) is None
    before = weights.fingerprint("small", cache=tmp_path)
    folder = weights.find("small", cache=tmp_path)
    assert folder == weights.pull("small", tmp_path) == tmp_path / "models" / "small"
    assert weights.locate("small", cache=tmp_path) == folder
    assert weights.fingerprint("small", cache=tmp_path) == before == f"small@{hub.branch[:16]}"


def test_models_of_ones_own_are_named_by_their_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"abc")
    for model in (str(folder), "./mine", "mine"):
        assert weights.find(model).resolve() == weights.locate(model).resolve() == folder
    first = weights.fingerprint("./mine", cache=tmp_path / "cache")
    assert first == weights.fingerprint(str(folder), cache=tmp_path / "cache")
    (folder / "model.safetensors").write_bytes(b"abcd")
    assert weights.fingerprint("./mine", cache=tmp_path / "cache") != first
    with pytest.raises(WeightsError, match="is not there") as caught:
        weights.find("./absent")
    assert "multiplane models list" in caught.value.fix


def test_a_name_of_the_table_is_no_path(tmp_path, monkeypatch, entry):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny").write_bytes(b"a file of the same name")
    assert weights.locate("tiny", cache=tmp_path / "cache") is None
    assert weights.fingerprint("tiny") == f"tiny@{entry.sha256[:16]}"


def test_why_weights_are_absent(tmp_path, monkeypatch, entry, content):
    def refuse(*_, **__):
        raise AssertionError("nothing is fetched to find out")

    monkeypatch.setattr(weights.shelf, "pull", refuse)
    monkeypatch.setattr(weights.shelf, "find", refuse)
    told = weights.why_absent("tiny", tmp_path)
    assert told == "tiny is not here; multiplane models pull tiny fetches it"
    path = tmp_path / "models" / "tiny" / "tiny.onnx"
    path.parent.mkdir(parents=True)
    path.write_bytes(content[::-1])
    assert "is not tiny" in weights.why_absent("tiny", tmp_path)
    path.write_bytes(content)
    assert weights.why_absent("tiny", tmp_path) == ""
    assert "is not there" in weights.why_absent("./absent", tmp_path)
    with pytest.raises(ConfigError):
        weights.why_absent("tine", tmp_path)


@pytest.mark.weights
def test_the_default_weights_can_be_fetched(tmp_path):
    path = weights.pull("u2netp", tmp_path)
    assert path.stat().st_size == table.MODELS["u2netp"].size_bytes
