from __future__ import annotations

import numpy as np
import pytest

from multiplane.motion.camera import still_path
from multiplane.split.segment.colours import Colours
from multiplane.split.segment.config import MotionOptions
from multiplane.split.segment.consensus import (
    Consensus,
    believe_both,
    believe_motion,
    consider_colours,
    spare_the_dull,
)
from multiplane.split.segment.shot import Shot
from multiplane.split.segment.trust import Trust

TRUST = Trust(1.0, 1.0, 1.0, 1.0, 0.0, 0.1)


@pytest.fixture(scope="module")
def seen(make_scene):
    scene = make_scene(8, pan_px=0)
    shot = Shot(scene.frames)
    consensus = Consensus(shot, still_path(8), shot.size, MotionOptions(threads=1))
    salience = {i: scene.masks[i].astype(np.float32) for i in range(8)}
    consensus.set_references(list(range(8)), salience)
    return scene, consensus, salience


def test_what_departs_is_believed_without_salience(seen, overlap) -> None:
    scene, consensus, _ = seen
    consensus.set_references(list(range(8)))
    stand = consensus.stand(0, np.zeros((144, 192), np.float32))
    assert overlap(believe_motion(stand) > 0, scene.masks[0]) > 0.9


def test_stands_come_in_order(seen) -> None:
    _, consensus, salience = seen
    assert [stand.index for stand in consensus.stands(salience)] == list(range(8))
    beliefs = list(consensus.beliefs(iter(salience.values()), believe_motion))
    assert len(beliefs) == 8


def test_an_unregistered_frame_is_left_to_salience(seen) -> None:
    _, consensus, salience = seen
    stand = consensus.stand(3, salience[3])
    belief = believe_both(stand, TRUST, registered=False)
    assert np.allclose(belief, 2 * salience[3] - 1 - 0.1)


def test_colours_speak_against_what_does_not_move(seen) -> None:
    scene, consensus, salience = seen
    consensus.set_references(list(range(8)), salience)
    stand = consensus.stand(0, salience[0])
    belief = believe_both(stand, TRUST)
    colours = Colours([(scene.frames[0], belief)])
    considered = consider_colours(belief, stand, colours.lean(scene.frames[0]), 0.5)
    assert considered[:20, -20:].mean() < belief[:20, -20:].mean()
    assert considered[scene.masks[0]].mean() > belief[scene.masks[0]].mean() - 0.05


def test_what_departs_from_the_ground_need_not_catch_the_eye(seen) -> None:
    _, consensus, salience = seen
    consensus.set_references(list(range(8)), salience)
    stand = consensus.stand(0, np.zeros_like(salience[0]))
    belief = believe_both(stand, TRUST)
    neutral = np.zeros_like(belief)
    spared = spare_the_dull(belief, stand, TRUST, neutral)
    departs = stand.evidence.departure(TRUST.salience)
    assert spared[departs > 0.2].mean() > belief[departs > 0.2].mean() + 0.2
    assert (spared >= belief).all()
    assert np.array_equal(spared[departs <= 0], belief[departs <= 0])
    assert np.array_equal(spare_the_dull(belief, stand, TRUST, neutral - 1), belief)
