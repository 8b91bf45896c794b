from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")

from hypothesis import given, settings  # noqa: E402 - after the skip
from hypothesis import strategies as st  # noqa: E402
from tiny_lama import some_picture, tiny_generator  # noqa: E402

from multiplane.core.errors import InputError  # noqa: E402
from multiplane.networks.lama import predict  # noqa: E402
from multiplane.networks.lama.predict import pad  # noqa: E402


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(1, 40))
def test_padded_as_numpy_does_symmetrically(height, width):
    picture = torch.rand(1, 2, height, width)
    down, right = (max(16, -(-side // 8) * 8) - side for side in (height, width))
    wanted = np.pad(picture.numpy(), ((0, 0), (0, 0), (0, down), (0, right)), mode="symmetric")
    assert np.array_equal(pad(picture).numpy(), wanted)


def test_a_size_that_fits_is_not_copied():
    picture = torch.rand(1, 3, 24, 16)
    assert pad(picture) is picture


def test_the_generator_sees_the_padded_picture():
    generator = tiny_generator()
    images, masks = some_picture(37, 51)
    grown = [
        torch.from_numpy(np.pad(value, ((0, 0), (0, 0), (0, 3), (0, 5)), mode="symmetric"))
        for value in (images.numpy(), masks.numpy())
    ]
    assert torch.equal(predict(generator, images, masks), generator(*grown)[..., :37, :51])


@pytest.mark.parametrize("size", [(1, 1), (3, 70), (16, 16), (17, 8)])
def test_any_size_comes_back_as_it_went(size):
    images, masks = torch.rand(2, 3, *size), torch.ones(2, 1, *size)
    out = predict(tiny_generator(), images, masks)
    assert out.shape == images.shape
    assert out.dtype == torch.float32
    assert ((out >= 0) & (out <= 1)).all()


def test_a_hole_is_what_is_greater_than_zero():
    generator = tiny_generator()
    images, masks = some_picture()
    assert torch.equal(predict(generator, images, masks * 0.2), predict(generator, images, masks))


def test_a_picture_does_not_depend_on_its_batch():
    generator = tiny_generator()
    images, masks = some_picture(batch=3)
    alone = predict(generator, images[1:2], masks[1:2])
    assert torch.allclose(predict(generator, images, masks)[1:2], alone, atol=1e-5)


def test_half_precision_gives_float32():
    images, masks = some_picture()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert predict(tiny_generator(), images, masks).dtype == torch.float32


@pytest.mark.parametrize(
    ("images", "masks"),
    [
        (torch.zeros(1, 4, 8, 8), torch.zeros(1, 1, 8, 8)),
        (torch.zeros(1, 3, 8, 8), torch.zeros(1, 1, 8, 9)),
        (torch.zeros(2, 3, 8, 8), torch.zeros(1, 1, 8, 8)),
        (torch.zeros(1, 3, 0, 8), torch.zeros(1, 1, 0, 8)),
        (torch.zeros(1, 3, 8, 8, dtype=torch.uint8), torch.zeros(1, 1, 8, 8)),
    ],
)
def test_shapes_that_do_not_match_are_told(images, masks):
    with pytest.raises(InputError, match="wanted float") as caught:
        predict(tiny_generator(), images, masks)
    assert "tensors.convert" in caught.value.fix
