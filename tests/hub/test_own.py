import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from multiplane.core.errors import WeightsError
from multiplane.hub import own
from multiplane.hub.cache import sha256_of


@pytest.mark.parametrize(
    "model", ["./net", "../net", "a/b", "~/net", "/abs", ".hidden", "net/", "C:\\net"]
)
def test_paths_are_told_from_names(model):
    assert own.is_path(model)


@given(st.from_regex(r"[a-z0-9][a-z0-9.-]*", fullmatch=True))
def test_plain_names_are_no_paths(model):
    assert own.is_path(model) == os.path.lexists(model)


def test_what_exists_is_a_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert not own.is_path("net.pt")
    (tmp_path / "net.pt").write_bytes(b"abc")
    assert own.is_path("net.pt")
    assert own.find_own("net.pt").read_bytes() == b"abc"
    assert not own.is_path("")


def test_the_home_folder_is_understood(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "net.pt").write_bytes(b"abc")
    assert own.find_own("~/net.pt") == tmp_path / "net.pt"


@pytest.mark.parametrize("kind", ["absent", "empty file", "empty folder"])
def test_nothing_there(tmp_path, kind):
    path = tmp_path / "net"
    if kind == "empty file":
        path.write_bytes(b"")
    elif kind == "empty folder":
        path.mkdir()
    what = "is not there" if kind == "absent" else "is empty"
    with pytest.raises(WeightsError, match=what) as caught:
        own.find_own(str(path))
    assert caught.value.fix == (
        "name an existing file or folder of weights, or a name of: multiplane models list"
    )


@pytest.mark.skipif(os.sep != "/", reason="backslashes part folders there")
def test_a_path_of_another_system_is_told():
    with pytest.raises(WeightsError, match="is not there") as caught:
        own.find_own("F:\\models\\sd2")
    assert caught.value.fix.endswith("models list; here folders are parted by /")


def test_contents_do_not_depend_on_where_they_are(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name / "deep").mkdir(parents=True)
        (tmp_path / name / "model.safetensors").write_bytes(b"abc")
        (tmp_path / name / "deep" / "config.json").write_bytes(b"{}")
    cache = tmp_path / "cache"
    first = own.contents(tmp_path / "one", cache)
    assert first == own.contents(tmp_path / "two", cache)
    (tmp_path / "two" / ".notes").write_bytes(b"hidden")
    assert first == own.contents(tmp_path / "two", cache)
    (tmp_path / "two" / "more.json").write_bytes(b"{}")
    assert first != own.contents(tmp_path / "two", cache)
    (tmp_path / "one" / "model.safetensors").write_bytes(b"abcd")
    assert first != own.contents(tmp_path / "one", cache)
    assert own.contents(tmp_path / "one", cache, ("deep/config.json",)) == own.contents(
        tmp_path / "two", cache, ("deep/config.json",)
    )


def test_contents_of_a_file_are_its_hash(tmp_path):
    path = tmp_path / "net.pt"
    path.write_bytes(b"abc")
    assert own.contents(path, tmp_path / "cache") == sha256_of(path)


def test_a_folder_of_anything_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(own, "MOST_FILES", 3)
    for k in range(4):
        (tmp_path / f"{k}").write_bytes(b"x")
    with pytest.raises(WeightsError, match="more than 3 files") as caught:
        own.contents(tmp_path, tmp_path / "cache")
    assert caught.value.fix == "name the folder that holds config.json and model.safetensors"
