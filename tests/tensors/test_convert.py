import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from multiplane.core.errors import InputError

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")

from multiplane.tensors.convert import (  # noqa: E402 - after the skip
    frames_to_tensor,
    masks_to_tensor,
    tensor_to_alphas,
    tensor_to_frames,
)

frames = array_shapes(min_dims=2, max_dims=2, max_side=9).flatmap(
    lambda size: arrays(np.uint8, (*size, 3), elements=st.integers(0, 255))
)


@given(frames)
def test_there_and_back_is_the_same(frame):
    batch = frames_to_tensor([frame, frame[::-1]])
    assert batch.shape == (2, 3, *frame.shape[:2])
    assert batch.dtype == torch.float32
    back = tensor_to_frames(batch)
    assert (back[0] == frame).all()
    assert (back[1] == frame[::-1]).all()


def test_channels_and_range():
    frame = np.zeros((2, 3, 3), np.uint8)
    frame[..., 0] = 255
    batch = frames_to_tensor([frame])
    assert batch[0, 0].min() == 1.0
    assert batch[0, 1:].max() == 0.0


def test_values_are_clipped_and_rounded():
    batch = torch.tensor([-1.0, 0.5, 2.0]).view(1, 3, 1, 1)
    assert tensor_to_frames(batch)[0].tolist() == [[[0, 128, 255]]]
    assert tensor_to_frames(batch.to(torch.bfloat16))[0].tolist() == [[[0, 128, 255]]]


def test_masks_and_alphas():
    mask = np.array([[True, False]])
    alpha = np.array([[0.25, 1.0]], np.float32)
    assert masks_to_tensor([mask]).tolist() == [[[[1.0, 0.0]]]]
    assert (tensor_to_alphas(masks_to_tensor([alpha]))[0] == alpha).all()


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError, match="no frames") as caught:
        frames_to_tensor([])
    assert caught.value.fix == "leave empty batches out"
    with pytest.raises(InputError, match="another frame"):
        frames_to_tensor([np.zeros((2, 2, 3), np.uint8), np.zeros((2, 3, 3), np.uint8)])
    with pytest.raises(InputError, match="wanted float") as caught:
        tensor_to_frames(torch.zeros(1, 2, 2, 3))
    assert "permute" in caught.value.fix
