import pytest

from multiplane.core.errors import ConfigError, WeightsError
from multiplane.hub import media, table


def test_by_name(tmp_path, monkeypatch, entry, content):
    monkeypatch.setitem(table.MEDIA, "tiny", entry)
    (tmp_path / "tiny.onnx").write_bytes(content)
    assert media.find("tiny", folder=tmp_path, cache=tmp_path / "c") == tmp_path / "tiny.onnx"
    with pytest.raises(WeightsError, match="not on this machine"):
        media.find("tiny", cache=tmp_path / "c", offline=True)


def test_weights_are_no_media():
    with pytest.raises(ConfigError, match="no media called 'u2netp'"):
        media.find("u2netp")


@pytest.mark.weights
def test_the_clip_can_be_fetched(tmp_path):
    path = media.find("bigbuckbunny", cache=tmp_path)
    assert path.stat().st_size == table.MEDIA["bigbuckbunny"].size_bytes
