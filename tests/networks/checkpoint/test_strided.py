from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")

from hypothesis import given  # noqa: E402 - after the skip
from hypothesis import strategies as st  # noqa: E402

from multiplane.networks.checkpoint.opcodes import Call, Name, Outside  # noqa: E402
from multiplane.networks.checkpoint.strided import strided  # noqa: E402

REBUILD = Name("torch._utils", "_rebuild_tensor_v2")


def described(offset=0, shape=(2, 3), stride=(3, 1), length=6, kind="FloatStorage", key="0"):
    store = Outside(("storage", Name("torch", kind), key, "cuda:0", length))
    return Call(REBUILD, (store, offset, shape, stride, False, {}))


def test_a_window_on_numbers():
    tensor = strided(described(offset=1, shape=(2, 2), stride=(1, 2), length=6))
    numbers = torch.arange(6.0)
    cut = tensor.cut(numbers.numpy().tobytes())
    assert cut.tolist() == [[1, 3], [2, 4]]
    assert cut.is_contiguous()
    assert tensor.size_bytes == 16


@given(st.data())
def test_any_window_is_that_of_torch(data):
    numbers = torch.arange(60, dtype=torch.int64)
    whole = numbers.reshape(data.draw(st.permutations([3, 4, 5])))
    window = whole[:, data.draw(st.integers(0, 2)) :].permute(data.draw(st.permutations(range(3))))
    tensor = strided(
        described(window.storage_offset(), tuple(window.shape), window.stride(), 60, "LongStorage")
    )
    assert torch.equal(tensor.cut(numbers.numpy().tobytes()), window)


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [
        ("FloatStorage", torch.float32), ("HalfStorage", torch.float16),
        ("BFloat16Storage", torch.bfloat16), ("LongStorage", torch.int64),
        ("BoolStorage", torch.bool),
    ],
)  # fmt: skip
def test_types(kind, dtype):
    tensor = strided(described(shape=(), stride=(), length=1, kind=kind))
    assert tensor.cut(bytes(dtype.itemsize)).dtype == dtype


def test_nothing_in_it():
    tensor = strided(described(shape=(0, 3), stride=(3, 1), length=0))
    assert tensor.cut(b"").shape == (0, 3)


def test_parameters_hold_a_tensor():
    parameter = Call(Name("torch._utils", "_rebuild_parameter"), (described(), True, {}))
    assert strided(parameter).shape == (2, 3)


@pytest.mark.parametrize("value", [3, None, "x", [], Call(Name("a", "b"), ()), Call(3, ())])
def test_what_is_no_tensor(value):
    assert strided(value) is None


@pytest.mark.parametrize(
    "value",
    [
        described(length=5),
        described(offset=1),
        described(stride=(4, 1)),
        described(shape=(10**9,), stride=(0,), length=1),  # a bomb of one number
        described(shape=(2, -3)),
        described(shape=(2, 2**70)),
        described(shape=(1,) * 9, stride=(1,) * 9),
        described(shape=(2, 3), stride=(1,)),
        described(shape=(True, 3)),
        described(shape="ab"),
        described(offset=-1),
        described(length=6.0),
        described(kind="UntypedStorage"),
        described(key=0),
        Call(REBUILD, (Outside(("module", Name("torch", "IntStorage"), "0", "", 6)), 0, (), ())),
        Call(REBUILD, (Outside("0"), 0, (), ())),
        Call(REBUILD, (3, 0, (), ())),
        Call(REBUILD, ()),
        Call(REBUILD, (
            Outside(("storage", Name("torch", "FloatStorage"), "0", "cpu", 6, ("1", 2, 3))),
            0, (), (),
        )),
    ],
)  # fmt: skip
def test_what_reaches_beyond_its_store_or_is_malformed(value):
    with pytest.raises(ValueError, match=r"tensor|count|shape"):
        strided(value)


def test_fewer_bytes_than_declared():
    with pytest.raises(ValueError, match="20 bytes where 24 are declared"):
        strided(described()).cut(bytes(20))
