from __future__ import annotations

import shutil
import zipfile

import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")

from multiplane.networks.checkpoint.archive import cut_from_archive, list_archive  # noqa: E402


@pytest.fixture
def saved(tmp_path):
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6)
    tensors = {
        "whole": base,
        "window": base[1:, ::2],
        "turned": base.T,
        "half": base.to(torch.float16),
        "brain": base.to(torch.bfloat16),
        "count": torch.tensor(7),
        "flags": base > 5,
        "none": torch.zeros(0, 3),
        "learned": torch.nn.Parameter(torch.ones(2)),
    }
    path = tmp_path / "saved.pth"
    torch.save(tensors, path)
    return path, tensors


def changed(path, target, change):
    """The zip again, its entries given by ``change(name, data) -> (data, compression) | None``."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            entry = change(name, old.read(name))
            if entry is not None:
                new.writestr(name, entry[0], entry[1])
    return target


def keep(name, data):
    return data, zipfile.ZIP_STORED


def test_all_that_torch_saved(saved):
    path, tensors = saved
    listed = list_archive(path)
    assert {name: one.shape for name, one in listed.items()} == {
        name: tuple(tensor.shape) for name, tensor in tensors.items()
    }
    found = cut_from_archive(path, listed.items())
    assert set(found) == set(tensors)
    for name, tensor in tensors.items():
        assert found[name].dtype == tensor.dtype, name
        assert torch.equal(found[name], tensor), name


def test_shared_numbers_are_cut_for_each(saved):
    path, _ = saved
    found = cut_from_archive(path, list_archive(path).items())
    found["whole"].zero_()
    assert found["window"].sum() > 0


def test_only_what_is_asked_for_is_read(saved, tmp_path):
    path, tensors = saved
    listed = list_archive(path)
    gone = f"data/{listed['half'].store.key}"
    partly = changed(
        path, tmp_path / "partly.pth", lambda name, data: None if gone in name else keep(name, data)
    )
    assert torch.equal(
        cut_from_archive(partly, [("whole", listed["whole"])])["whole"], tensors["whole"]
    )
    with pytest.raises(ValueError, match="the zip lacks data/"):
        cut_from_archive(partly, listed.items())


def test_renamed_and_packed_again(saved, tmp_path):
    path, _ = saved
    other = changed(path, tmp_path / "other.bin", keep)
    assert list_archive(other).keys() == list_archive(path).keys()


def test_numbers_that_were_damaged(saved, tmp_path):
    path, tensors = saved
    data = bytearray(path.read_bytes())
    at = data.index(tensors["whole"].numpy().tobytes())
    data[at + 5] ^= 0xFF
    broken = tmp_path / "broken.pth"
    broken.write_bytes(data)
    with pytest.raises(zipfile.BadZipFile, match="CRC"):
        cut_from_archive(broken, list_archive(broken).items())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda n, d: (d, zipfile.ZIP_DEFLATED), "is compressed"),
        (lambda n, d: (d[:-4], zipfile.ZIP_STORED) if "data/" in n and len(d) > 8 else keep(n, d),
         "bytes where"),
        (lambda n, d: (d + bytes(4), 0) if "data/" in n else keep(n, d), "wanted .* at most"),
        (lambda n, d: (b"big", 0) if "byteorder" in n else keep(n, d), "the big end first"),
        (lambda n, d: None if n.endswith("data.pkl") else keep(n, d), "0 entries data.pkl"),
    ],
    ids=["compressed", "short", "long", "byteorder", "no pickle"],
)  # fmt: skip
def test_what_torch_never_writes(saved, tmp_path, change, told):
    broken = changed(saved[0], tmp_path / "broken.pth", change)
    with pytest.raises(ValueError, match=told):
        cut_from_archive(broken, list_archive(broken).items())


def test_two_pickles(saved, tmp_path):
    broken = tmp_path / "two.pth"
    shutil.copy(saved[0], broken)
    with zipfile.ZipFile(broken, "a") as archive:
        archive.writestr("again/data.pkl", b"N.")
    with pytest.raises(ValueError, match=r"2 entries data\.pkl"):
        list_archive(broken)
