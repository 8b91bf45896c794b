from __future__ import annotations

import numpy as np
import pytest
from drawn_damage import draw_damage

from multiplane.core.arrays import Mask
from multiplane.core.errors import InputError
from multiplane.measure.region import grow
from multiplane.restore.damage.find import KINDS, DamageOptions, find_damage

LOST = {  # share of what was drawn that is not found, and of what was found that is none
    "plaster": {"cracks": (0.0787, 0.0), "losses": (0.0242, 0.0007), "stains": (0.0358, 0.0002)},
    "strokes": {"cracks": (0.0913, 0.0810), "losses": (0.0408, 0.0011), "stains": (0.0773, 0.0147)},
}


def missed_and_wrong(found: Mask, true: Mask) -> tuple[float, float]:
    """Both within a px, as nobody draws a mask more exactly."""
    missed = 1 - (true & grow(found, 1)).sum() / true.sum()
    wrong = 1 - (found & grow(true, 1)).sum() / max(1, found.sum())
    return float(missed), float(wrong)


def test_how_much_is_missed_and_how_much_is_wrong(drawn) -> None:
    found = find_damage(drawn.damaged)
    for kind in KINDS:
        missed, wrong = missed_and_wrong(found.kinds[kind], drawn.kinds[kind])
        limits = LOST[drawn.ground][kind]
        assert missed <= limits[0] + 0.01, f"{kind} on {drawn.ground}: {missed:.4f} missed"
        assert wrong <= limits[1] + 0.01, f"{kind} on {drawn.ground}: {wrong:.4f} wrong"


def test_a_picture_without_damage_gives_an_empty_mask(drawn) -> None:
    found = find_damage(drawn.clean)
    assert not found.mask.any()
    assert [*found.kinds] == [*KINDS]


def test_no_pixel_is_of_two_kinds_and_the_mask_is_all_of_them(drawn) -> None:
    found = find_damage(drawn.damaged, DamageOptions(grow_px=3))
    together = sum(mask.astype(int) for mask in found.kinds.values())
    assert together.max() == 1
    assert np.array_equal(found.mask, grow(together > 0, 3))


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_can_be_left_out(drawn, kind: str) -> None:
    only = {name: name == kind for name in KINDS}
    found = find_damage(drawn.damaged, DamageOptions(**only))
    assert [*found.kinds] == [kind]
    assert found.mask[drawn.kinds[kind]].mean() > 0.5
    none = DamageOptions(**dict.fromkeys(KINDS, False))
    assert not find_damage(drawn.damaged, none).mask.any()


def test_what_is_transparent_has_no_damage(drawn) -> None:
    known = np.zeros(drawn.mask.shape, np.bool_)
    known[:, 300:] = True
    found = find_damage(drawn.damaged, DamageOptions(grow_px=5), known)
    assert found.mask.any()
    assert not found.mask[:, :300].any()


def test_sizes_must_match() -> None:
    with pytest.raises(InputError, match="known is 3x4") as caught:
        find_damage(np.zeros((9, 9, 3), np.uint8), known=np.ones((4, 3), np.bool_))
    assert "resize the known" in str(caught.value.fix)


def test_drawn_damage_is_the_same_again_and_of_one_kind_each(drawn) -> None:
    damaged, mask, kinds = draw_damage(drawn.clean, seed=3, stain_size=0.14)
    assert np.array_equal(damaged, drawn.damaged)
    assert np.array_equal(mask, sum(part.astype(int) for part in kinds.values()) == 1)
    assert not np.array_equal(draw_damage(drawn.clean, seed=5, stain_size=0.14)[0], damaged)
    untouched = ~grow(mask, 40)
    changed = np.abs(damaged.astype(int) - drawn.clean)[untouched]
    assert changed.mean() < 0.5  # veils too thin to count
