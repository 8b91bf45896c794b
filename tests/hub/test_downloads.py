import io
import ssl
import urllib.error
import urllib.request

import pytest

from multiplane.core.errors import ConfigError, WeightsError
from multiplane.hub import downloads
from multiplane.hub.downloads import fetch_url
from multiplane.hub.sources import UrlSource

SAFE = UrlSource("https://example.org/m.safetensors")


class Answer(io.BytesIO):
    url = SAFE.url


@pytest.fixture
def answer(monkeypatch):
    asked = []

    def urlopen(url, timeout):
        asked.append((url, timeout))
        return Answer(b"weights")

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    monkeypatch.setattr(downloads, "CHUNK_BYTES", 3)
    return asked


def test_it_is_written_whole(tmp_path, answer):
    fetch_url(SAFE, tmp_path / "m", 7)
    assert (tmp_path / "m").read_bytes() == b"weights"
    assert answer == [(SAFE.url, downloads.TIMEOUT_S)]


def test_no_more_than_expected_is_read(tmp_path, answer):
    with pytest.raises(WeightsError, match="larger than the 6 bytes"):
        fetch_url(SAFE, tmp_path / "m", 6)
    assert (tmp_path / "m").stat().st_size <= 6


@pytest.mark.parametrize("url", ["http://example.org/m.safetensors", "file:///etc/m.safetensors"])
def test_only_https(tmp_path, answer, url):
    with pytest.raises(ConfigError, match="no https address") as caught:
        fetch_url(UrlSource(url), tmp_path / "m", 7)
    assert caught.value.fix == "name the https address of the same file"
    assert not answer


def test_formats_that_can_run_code_need_a_mark(tmp_path, answer):
    url = "https://example.org/m.pt"
    with pytest.raises(ConfigError, match="is not one of") as caught:
        fetch_url(UrlSource(url), tmp_path / "m", 7)
    assert "mark it tensors_only" in caught.value.fix
    assert not answer
    fetch_url(UrlSource(url, tensors_only=True), tmp_path / "m", 7)


@pytest.mark.parametrize(
    "error", [urllib.error.URLError("no network"), ConnectionResetError("no network")]
)
def test_no_network(tmp_path, monkeypatch, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(urllib.request, "urlopen", fail)
    with pytest.raises(WeightsError, match=r"cannot fetch https://example\.org") as caught:
        fetch_url(SAFE, tmp_path / "m", 7)
    assert "no network" in caught.value.why


def test_what_breaks_on_the_way_is_no_fault_of_the_disk(tmp_path, monkeypatch):
    class Broken(Answer):
        def read(self, size=-1):
            raise ssl.SSLError("bad record mac")

    monkeypatch.setattr(urllib.request, "urlopen", lambda *_, **__: Broken())
    with pytest.raises(WeightsError, match=r"cannot fetch https://example\.org") as caught:
        fetch_url(SAFE, tmp_path / "m", 7)
    assert "bad record mac" in caught.value.why


def test_a_disk_that_is_full_is_no_fault_of_the_server(tmp_path, answer):
    with pytest.raises(IsADirectoryError):
        fetch_url(SAFE, tmp_path, 7)


def test_https_leads_to_https(tmp_path, monkeypatch):
    class Elsewhere(Answer):
        url = "http://example.org/m.safetensors"

    monkeypatch.setattr(urllib.request, "urlopen", lambda *_, **__: Elsewhere(b"weights"))
    with pytest.raises(WeightsError, match="leads on to http://example"):
        fetch_url(SAFE, tmp_path / "m", 7)
