from __future__ import annotations

import pickle
import types

import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")

from multiplane.networks.checkpoint.legacy import load_legacy  # noqa: E402
from multiplane.networks.checkpoint.opcodes import RunsCodeError  # noqa: E402

TENSORS = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.tensor(3)}


def saved(path, value):
    torch.save(value, path, _use_new_zipfile_serialization=False)
    return path


@pytest.mark.parametrize("root", [TENSORS, {"state_dict": TENSORS, "epoch": 3}])
def test_what_old_torch_saved(tmp_path, root):
    found = load_legacy(saved(tmp_path / "old.pth", root))
    assert list(found) == ["a", "b"]
    assert all(torch.equal(found[name], TENSORS[name]) for name in TENSORS)


def test_other_values_are_left_out(tmp_path):
    assert load_legacy(saved(tmp_path / "a.pth", {"steps": 3})) == {}
    assert load_legacy(saved(tmp_path / "b.pth", [1])) == {}


def test_another_pickle(tmp_path):
    path = tmp_path / "x.pkl"
    path.write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(ValueError, match="none that torch saved"):
        load_legacy(path)


def test_more_than_weights(tmp_path):
    path = saved(tmp_path / "x.pth", {"a": types.SimpleNamespace(b=1)})
    with pytest.raises(ValueError, match=r"Weights only load failed|Unsupported"):
        load_legacy(path)


def test_code_is_not_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return exec, (f"open({str(tmp_path / 'marker')!r}, 'w')",)

    with pytest.raises(RunsCodeError, match="exec"):
        load_legacy(saved(tmp_path / "evil.pth", {"a": Evil()}))
    assert not (tmp_path / "marker").exists()


def test_cut_off(tmp_path):
    path = saved(tmp_path / "cut.pth", TENSORS)
    whole = path.read_bytes()
    for length in range(10, len(whole) - 1, 40):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"\w"):
            load_legacy(path)
