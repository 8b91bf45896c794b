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


@pytest.mark.weights
def test_the_default_weights_can_be_fetched(tmp_path):
    path = weights.pull("u2netp", tmp_path)
    assert path.stat().st_size == table.MODELS["u2netp"].size_bytes
