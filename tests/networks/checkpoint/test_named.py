from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")

from multiplane.networks.checkpoint.named import named_tensors
from multiplane.networks.checkpoint.opcodes import Call, Name, Outside

TENSOR = Call(
    Name("torch._utils", "_rebuild_tensor_v2"),
    (Outside(("storage", Name("torch", "FloatStorage"), "0", "cpu", 1)), 0, (1,), (1,), False, {}),
)
OPAQUE = Call(Name("omegaconf.dictconfig", "DictConfig"), ())


def module(**attributes):
    return Call(Name("__torch__.torch.nn", "Module"), (), attributes)


def test_a_state_dict():
    assert list(named_tensors({"b.weight": TENSOR, "a": TENSOR, "steps": 3})) == ["b.weight", "a"]


def test_of_a_training_only_the_weights():
    root = {"epoch": 3, "hyper": OPAQUE, "other": TENSOR, "state_dict": {"a": TENSOR}}
    assert list(named_tensors(root)) == ["a"]


def test_dictionaries_in_it_are_named_with_dots():
    assert list(named_tensors({"model": {"a": TENSOR, 3: TENSOR}})) == ["model.a", "model.3"]


def test_a_scripted_module():
    inner = module(training=False, weight=TENSOR, hook=None, other=OPAQUE)
    root = module(model=module(**{"0": inner, "1": module()}), bias=TENSOR)
    assert list(named_tensors(root)) == ["model.0.weight", "bias"]


def test_what_stands_in_a_tensors_place():
    with pytest.raises(ValueError, match=r"'a' is no tensor but what omegaconf\.\S+ would give"):
        named_tensors({"a": OPAQUE})


@pytest.mark.parametrize("root", [3, None, [TENSOR], OPAQUE])
def test_nothing_by_name(root):
    assert named_tensors(root) == {}


def test_circles_and_bombs_end():
    circle = {}
    circle["again"] = circle
    with pytest.raises(ValueError, match="nested"):
        named_tensors(circle)
    bomb = {"a": 1}
    for _ in range(40):
        bomb = {"a": bomb, "b": bomb}
    with pytest.raises(ValueError, match="more than 100000 values"):
        named_tensors(bomb)
