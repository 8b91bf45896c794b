import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multiplane.core.errors import InputError
from multiplane.measure.flicker import AlphaFlicker

SIZE = (150, 220)


def texture(seed, shape=(220, 320)):
    grains = np.random.default_rng(seed).normal(120, 260, (*shape, 3))
    return np.clip(cv2.GaussianBlur(grains, (0, 0), 3), 0, 255).astype(np.uint8)


def moved(picture, x, y):
    shift = np.array([[1, 0, x], [0, 1, y]], np.float32)
    return cv2.warpAffine(picture, shift, SIZE[::-1], borderMode=cv2.BORDER_REFLECT)


def somebody():
    alpha = np.zeros((220, 320), np.uint8)
    cv2.ellipse(alpha, (90, 60), (26, 20), 0, 0, 360, 255, -1, cv2.LINE_AA)
    cv2.rectangle(alpha, (72, 75), (108, 125), 255, -1)
    return cv2.GaussianBlur(alpha, (0, 0), 0.7).astype(np.float32) / 255


def clip(frames=4, pan=1.5, walk=3.0, rise=0.5):
    """Somebody walks to the right while the camera pans to the right as well."""
    behind, body, shape = texture(1), texture(2), somebody()
    for k in range(frames):
        alpha = moved(shape, walk * k, rise * k)
        front, back = moved(body, walk * k, rise * k), moved(behind, -pan * k, 0)
        yield (front * alpha[..., None] + back * (1 - alpha[..., None])).astype(np.uint8), alpha


def values(change=lambda k, alpha: alpha, **scene):
    flicker = AlphaFlicker()
    return [flicker.add(frame, change(k, alpha)) for k, (frame, alpha) in enumerate(clip(**scene))]


def jitter(k, alpha, by=1.5):
    return moved(alpha, by * (-1) ** k, by * (-1) ** (k // 2))


def test_a_steady_matte_on_moving_footage_is_near_zero_and_a_jittered_one_is_not():
    steady, jittered = values(), values(jitter)
    assert steady[0] is None
    assert max(steady[1:]) < 0.5
    assert min(jittered[1:]) > 3 * max(steady[1:])


def test_on_resting_footage_the_figure_is_how_far_the_edge_moved():
    assert max(values(pan=0, walk=0, rise=0)[1:]) < 0.05
    by = values(lambda k, alpha: moved(alpha, 2.0 * (k % 2), 0), pan=0, walk=0, rise=0)
    # an edge that lies askew moves by less than the shift: over all directions by 2/pi of it,
    # and this outline has more upright than level edges
    assert all(2 * 2 / np.pi * 0.9 < value < 2 for value in by[1:] if value is not None)


def test_more_jitter_is_more_flicker_and_somebody_lost_is_much():
    little = values(lambda k, alpha: jitter(k, alpha, 0.75))
    much = values(lambda k, alpha: jitter(k, alpha, 2.5))
    lost = values(lambda k, alpha: alpha * np.float32(k % 2))
    assert max(little[1:]) < min(much[1:]) < max(much[1:]) < min(lost[1:])


def test_the_figure_is_in_pixels_of_the_full_picture():
    flicker, reduced = AlphaFlicker(220), AlphaFlicker(110)
    told = []
    for k, (frame, alpha) in enumerate(clip(pan=0, walk=0, rise=0)):
        shaken = moved(alpha, 2.0 * (k % 2), 0)
        told.append((flicker.add(frame, shaken), reduced.add(frame, shaken)))
    for whole, less in told[1:]:
        assert less == pytest.approx(whole, rel=0.1)


def test_nobody_and_other_sizes_have_no_flicker():
    frame, alpha = next(clip())
    flicker = AlphaFlicker()
    assert flicker.add(frame, alpha * 0) is None
    assert flicker.add(frame, alpha * 0) is None
    assert flicker.add(frame, alpha) > 1
    half = frame[:100, :160], alpha[:100, :160]
    assert flicker.add(*map(np.ascontiguousarray, half)) is None
    assert flicker.add(*map(np.ascontiguousarray, half)) < 0.05


def test_where_nothing_can_be_believed_nothing_is_told():
    frame, alpha = next(clip())
    flicker = AlphaFlicker()
    flicker.add(np.zeros_like(frame), alpha)
    assert flicker.add(np.full_like(frame, 255), alpha) is None


def test_arrays_may_be_used_again():
    one, again = AlphaFlicker(), AlphaFlicker()
    held = np.empty((*SIZE, 3), np.uint8), np.empty(SIZE, np.float32)
    for k, (frame, alpha) in enumerate(clip()):
        held[0][:], held[1][:] = frame, alpha
        value = one.add(frame, alpha), again.add(*held)
        assert value == (None, None) if k == 0 else value[0] == pytest.approx(value[1])


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 70), st.integers(1, 70))
def test_whatever_comes_the_figure_is_a_length(seed, height, width):
    rng, flicker = np.random.default_rng(seed), AlphaFlicker(64)
    for _ in range(2):
        frame = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        value = flicker.add(frame, rng.random((height, width), np.float32))
        assert value is None or value >= 0


def test_what_does_not_fit_is_refused():
    frame, alpha = next(clip())
    with pytest.raises(InputError, match="alpha is 100x150"):
        AlphaFlicker().add(frame, alpha[:, :100])
    with pytest.raises(InputError, match="wanted 64 or more") as caught:
        AlphaFlicker(32)
    assert caught.value.fix == "AlphaFlicker(1024)"
