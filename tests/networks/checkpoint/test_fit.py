import pytest

pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")

from multiplane.networks.checkpoint import misfits

WANTED = {"a.weight": (3, 4), "a.bias": (3,), "steps": ()}


def test_all_fits():
    assert misfits(WANTED, WANTED) == ""
    assert misfits(dict(reversed(WANTED.items())), WANTED) == ""


def test_missing_extra_and_of_another_shape():
    got = {"a.weight": (3, 5), "b": (1,), "steps": (1,)}
    assert misfits(got, WANTED) == (
        "1 missing: a.bias; 1 extra: b; 2 of another shape: "
        "a.weight 3x5 in the file, 3x4 in the network, steps 1 in the file, scalar in the network"
    )


def test_only_the_first_few_are_told():
    told = misfits({}, {f"layer{i}": (1,) for i in range(9)})
    assert told == "9 missing: layer0, layer1, layer2 and 6 more"
