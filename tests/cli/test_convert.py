from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")

from tiny_lama import save_upstream, some_picture, tiny_generator  # noqa: E402 - after the skip

from multiplane.cli.main import main  # noqa: E402
from multiplane.hub.cache import choose_cache  # noqa: E402
from multiplane.networks.lama import load_lama, predict  # noqa: E402


def told(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as caught:
        main(["models", "convert", *map(str, words)])
    out, err = capsys.readouterr()
    return int(caught.value.code or 0), out, err


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("MULTIPLANE_CACHE", str(tmp_path / "cache"))
    yield
    choose_cache(None)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    save_upstream(tmp_path / "big-lama", tiny_generator(width=2))
    return tmp_path / "big-lama"


def test_from_the_makers_folder_to_safetensors(
    capsys: pytest.CaptureFixture[str], source: Path, tmp_path: Path
) -> None:
    target = tmp_path / "my lama.safetensors"
    code, out, err = told(capsys, source, "-o", target)
    assert (code, err) == (0, "")
    tiny = tiny_generator(width=2)
    count = sum(value.numel() for value in tiny.parameters())
    lines = out.splitlines()
    assert lines[0].startswith(f"{target}: LaMa, 2 blocks, {count:,} parameters, ")
    assert lines[1] == (
        f"use it: --set inpaint.backend.kind=lama --set inpaint.backend.model='{target}'"
    )
    assert torch.equal(predict(load_lama(target), *some_picture()), predict(tiny, *some_picture()))


def test_nothing_is_replaced_unless_it_is_said(
    capsys: pytest.CaptureFixture[str], source: Path, tmp_path: Path
) -> None:
    target = tmp_path / "lama.safetensors"
    target.write_bytes(b"mine")
    code, _, err = told(capsys, source, "-o", target)
    assert code == 2
    assert f"{target} is there already" in err
    assert "fix: choose another name with -o, or add --force" in err
    assert target.read_bytes() == b"mine"
    assert told(capsys, source, "-o", target, "--force")[0] == 0
    assert load_lama(target).blocks == 2


def test_another_suffix(capsys: pytest.CaptureFixture[str], source: Path, tmp_path: Path) -> None:
    code, _, err = told(capsys, source, "-o", tmp_path / "lama.pt")
    assert code == 2
    assert f"fix: -o {tmp_path / 'lama.safetensors'}" in err


def test_only_lama(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    torch.save({"layer": torch.zeros(1)}, tmp_path / "other.pt")
    code, _, err = told(capsys, tmp_path / "other.pt", "-o", tmp_path / "x.safetensors")
    assert code == 2
    assert "holds no generator of LaMa" in err
    assert "why: only LaMa is read here" in err
    assert not (tmp_path / "x.safetensors").exists()


def test_absent_and_unknown(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = told(capsys, tmp_path / "none.ckpt", "-o", tmp_path / "x.safetensors")
    assert code == 2
    assert "is not there" in err
    code, _, err = told(capsys, "big-lamaa", "-o", tmp_path / "x.safetensors")
    assert code == 2
    assert "fix: use 'big-lama'" in err
