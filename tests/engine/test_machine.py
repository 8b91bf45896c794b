import shutil
import subprocess

import pytest

from multiplane.engine import machine


def test_disk_of_a_folder_that_is_not_there_yet(tmp_path):
    deep = tmp_path / "a" / "b"
    assert machine.existing_parent(deep) == tmp_path
    assert machine.disk_free_bytes(deep) == pytest.approx(shutil.disk_usage(tmp_path).free, rel=0.1)
    assert machine.may_write(deep)
    (tmp_path / "file").write_text("")
    assert not machine.may_write(tmp_path / "file" / "x")
    assert not deep.exists()


def test_memory_is_the_lesser_of_machine_and_container(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "_CGROUPS", ())
    whole = machine.memory_bytes()
    assert whole is None or whole > 2**28
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(machine, "_CGROUPS", (tmp_path / "absent", limit))
    limit.write_text("max\n")
    assert machine.memory_bytes() == whole
    limit.write_text("1048576\n")
    assert machine.memory_bytes() == 1048576


def test_processors():
    assert machine.processors() >= 1


def test_no_driver_no_gpu(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert machine.gpus() == []


@pytest.mark.parametrize(
    ("status", "told", "count"),
    [
        (0, "NVIDIA H100, 81559 MiB, 550.54\nNVIDIA L4, 23034 MiB, 550.54\n", 2),
        (9, "NVIDIA-SMI has failed", 0),
        (0, "No devices were found\n", 0),
    ],
)
def test_what_the_driver_tells(monkeypatch, status, told, count):
    monkeypatch.setattr(shutil, "which", lambda _: "/bin/nvidia-smi")
    monkeypatch.setattr(
        subprocess, "run", lambda c, **_: subprocess.CompletedProcess(c, status, told, "")
    )
    found = machine.gpus()
    assert len(found) == count
    if found:
        assert found[0] == machine.Gpu("NVIDIA H100", "81559 MiB", "550.54")


def test_a_driver_that_hangs(monkeypatch):
    def hang(command, **_):
        raise subprocess.TimeoutExpired(command, 20)

    monkeypatch.setattr(shutil, "which", lambda _: "/bin/nvidia-smi")
    monkeypatch.setattr(subprocess, "run", hang)
    assert machine.gpus() == []


def test_encoders():
    assert machine.encoder_there("ffv1")
    assert not machine.encoder_there("no-such-codec")
