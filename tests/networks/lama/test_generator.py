from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")

from tiny_lama import some_picture, tiny_generator  # noqa: E402 - after the skip

from multiplane.core.errors import InputError  # noqa: E402
from multiplane.networks.lama import LamaGenerator  # noqa: E402
from multiplane.networks.lama.ffc import FfcBlock  # noqa: E402

KEYS = Path(__file__).resolve().parents[3] / "../shared/interop/keys/biglama_keys.txt"


def keys_of(blocks: int) -> list[str]:
    with torch.device("meta"):
        state = LamaGenerator(blocks).state_dict()
    return [f"{key} {tuple(value.shape)}" for key, value in state.items()]


@pytest.mark.parametrize(
    ("blocks", "tensors", "parameters", "digest"),
    [
        (18, 989, 50_975_875, "b9660a63a537ae9b5f5eda6a0fb41324397efaf40b006f27d1714f021a78f613"),
        (9, 521, 27_048_835, "66568fbe91a3fbb2f1e1f8de676d1b7904b7841372cbe0ff5a8ecfd045d6589e"),
    ],
    ids=["big-lama", "lama-fourier"],
)
def test_keys_and_shapes_are_those_of_the_published(blocks, tensors, parameters, digest):
    with torch.device("meta"):
        generator = LamaGenerator(blocks)
    assert sum(value.numel() for value in generator.parameters()) == parameters
    keys = keys_of(blocks)
    assert len(keys) == tensors
    assert hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest() == digest


@pytest.mark.skipif(not KEYS.exists(), reason="needs the list of big-lama's keys beside the tree")
def test_keys_and_shapes_are_those_of_big_lama_in_order():
    assert keys_of(18) == KEYS.read_text(encoding="utf-8").splitlines()


def test_big_lama_loads_strictly():
    with torch.device("meta"):
        state, generator = LamaGenerator(18).state_dict(), LamaGenerator(18)
    generator.load_state_dict(state, strict=True, assign=True)


def test_layers_stand_where_upstream_has_them():
    model = tiny_generator(blocks=3).model
    assert [i for i, layer in enumerate(model) if isinstance(layer, FfcBlock)] == [5, 6, 7]
    assert len(model) == 36 - 18 + 3


def test_masked_picture_or_picture_and_mask():
    generator = tiny_generator()
    images, masks = some_picture(batch=2)
    out = generator(images, masks)
    assert out.shape == images.shape
    assert torch.equal(out, generator(torch.cat([images * (1 - masks), masks], dim=1)))


def test_what_the_mask_hides_is_not_seen():
    generator = tiny_generator()
    images, masks = some_picture()
    other = torch.where(masks > 0, 1 - images, images)
    assert torch.equal(generator(images, masks), generator(other, masks))
    assert not torch.equal(generator(images, masks), generator(1 - images, masks))


def test_one_layer_sees_the_whole_picture():
    generator = tiny_generator(blocks=1)
    images, masks = some_picture(128, 128)
    other = images.clone()
    other[..., :8, :8] = 1 - other[..., :8, :8]
    changed = (generator(images, masks) - generator(other, masks)).abs()[..., -16:, -16:]
    assert changed.max() > 0


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_stays_near(dtype):
    generator = tiny_generator(width=8)
    images, masks = some_picture(72, 88)  # 9 x 11 in the middle: no powers of two
    exact = generator(images, masks)
    with torch.autocast("cpu", dtype=dtype):
        out = generator(images, masks)
    assert torch.isfinite(out).all()
    assert exact.std() > 0.1
    assert (out.float() - exact).abs().mean() < (0.02 if dtype == torch.bfloat16 else 0.003)


@pytest.mark.parametrize("size", [(16, 20), (8, 16), (16, 0)])
def test_sides_that_do_not_fit_are_told(size):
    generator = tiny_generator()
    with pytest.raises(InputError, match="wanted multiples of 8 from 16 px on") as caught:
        generator(torch.zeros(1, 4, *size))
    assert "networks.lama.predict" in caught.value.fix


def test_least_size():
    assert tiny_generator()(torch.zeros(1, 4, 16, 16)).shape == (1, 3, 16, 16)
