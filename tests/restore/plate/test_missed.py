import numpy as np

from multiplane.restore.plate.missed import hanging_on


def picture():
    """Grey ground, a red character with an ear that its mask lacks, and a red flower apart."""
    rng = np.random.default_rng(3)
    frame = rng.integers(90, 110, (60, 90, 3)).astype(np.uint8)
    frame[20:40, 20:40] = (200, 30, 30)
    frame[26:34, 40:56] = (200, 30, 30)  # the ear
    frame[44:50, 46:52] = (200, 30, 30)  # the flower
    character, near = np.zeros((60, 90), bool), np.zeros((60, 90), bool)
    character[20:40, 20:40] = True
    near[8:52, 8:60] = True
    return frame, character, near


def test_an_ear_is_found_to_its_tip_but_a_flower_apart_is_not():
    missed = hanging_on(*picture())
    assert missed[26:34, 40:56].all()
    assert not missed[44:50, 46:52].any()
    assert missed.sum() < 8 * 16 + 2 * (8 + 16) + 10


def test_the_character_itself_and_what_is_far_are_never_named():
    frame, character, near = picture()
    missed = hanging_on(frame, character, near)
    assert not (missed & (character | ~near)).any()


def test_without_a_character_or_surroundings_nothing_is_missed():
    frame, character, near = picture()
    nothing, all_of_it = np.zeros_like(near), np.ones_like(near)
    assert not hanging_on(frame, nothing, near).any()
    assert not hanging_on(frame, character, all_of_it).any()
    assert not hanging_on(frame, character, character).any()
