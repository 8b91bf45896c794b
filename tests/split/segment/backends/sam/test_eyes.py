from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("transformers", reason="needs pip install 'multiplane[neural]'")

import torch
from oracle_sam import OracleSam
from tiny_sam import save_tiny_sam

from multiplane.core.compute import Compute
from multiplane.core.errors import BackendError, InputError
from multiplane.networks.sam.load import open_image_sam
from multiplane.split.segment.backend import Part
from multiplane.split.segment.backends.sam.eyes import Eyes
from multiplane.split.segment.config import AutomaticOptions
from multiplane.split.segment.prompts import Prompt

AUTOMATIC = AutomaticOptions(points_per_side=8)
RNG = np.random.default_rng(2)


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return open_image_sam(save_tiny_sam(tmp_path_factory.mktemp("tiny")), Compute(device="cpu"))


def squares() -> np.ndarray:
    frame = np.zeros((64, 96, 3), np.uint8)
    frame[8:24, 8:24] = (200, 0, 0)
    frame[32:56, 40:80] = (0, 200, 0)
    return frame


def test_everything_costs_no_memory_until_its_mask_is_asked_for() -> None:
    (found,) = Eyes(OracleSam(), AUTOMATIC).everything([squares()])
    red = next(one for one in found if one.mask[16, 16])
    assert red.mask.sum() == pytest.approx(256, rel=0.1)
    assert red.score == pytest.approx(0.95)
    assert red.mask is not red.mask


def test_answers_come_in_the_order_of_the_prompts_with_their_numbers() -> None:
    prompts = [
        Prompt(0, 3, points=((60, 40),), labels=(1,)),
        Prompt(0, 1, box=(4, 4, 30, 30)),
        Prompt(0, 2, points=((16, 16), (60, 40)), labels=(1, 0)),
        Prompt(0, 9, points=((16, 16), (60, 40), (61, 41)), labels=(1, 1, 1)),
    ]
    green, boxed, red, both = Eyes(OracleSam(), AUTOMATIC).ask(squares(), prompts)
    assert [part.track_id for part in (green, boxed, red, both)] == [3, 1, 2, 9]
    assert green.mask[40, 60]
    assert not green.mask[16, 16]
    assert boxed.mask[16, 16]
    assert red.mask[16, 16]
    assert not red.mask[40, 60]
    assert both.mask[16, 16]
    assert both.mask[40, 60]


def test_words_are_not_taken(network) -> None:
    with pytest.raises(InputError, match="text 'boy' is words") as told:
        Eyes(network, AUTOMATIC).ask(squares(), [Prompt(0, text="boy", where="text 'boy'")])
    assert "--backend sam3" in told.value.fix


def test_words_find_all_that_they_describe_behind_the_places() -> None:
    class Words:
        def __init__(self) -> None:
            self.notes: list[str] = []

        def forget(self) -> None:
            self.notes.clear()

        def find(self, frame, prompts):
            self.notes.append("memory fell short with 2 texts a batch; went on with 1")
            red = frame[..., 0] > 100
            return [Part(red, 0.7) for prompt in prompts if prompt.text == "red"]

    sam = OracleSam()
    sam.family = "sam3"
    eyes = Eyes(sam, AUTOMATIC, words=Words())
    box = Prompt(0, 4, box=(4, 4, 30, 30))
    boxed, red = eyes.ask(squares(), [Prompt(None, text="red"), Prompt(None, text="blue"), box])
    assert (boxed.track_id, red.track_id, red.score) == (4, None, 0.7)
    assert red.mask.sum() == 256
    assert eyes.notes == ["memory fell short with 2 texts a batch; went on with 1"]
    eyes.forget()
    assert eyes.notes == []


def test_a_real_network_is_asked_one_by_one_or_together(network) -> None:
    frame = RNG.integers(0, 256, (90, 120, 3), dtype=np.uint8)
    rough = np.zeros((90, 120), bool)
    rough[20:60, 30:80] = True
    prompts = [
        Prompt(0, box=(10, 10, 60, 80)),
        Prompt(0, points=((5, 9),), labels=(1,)),
        Prompt(0, box=(30, 20, 80, 60), mask=rough),
        Prompt(0, box=(30, 20, 90, 60), points=((40, 40),), labels=(1,)),
        Prompt(0, box=(50, 20, 80, 89)),
        Prompt(0, points=((5, 9), (70, 80), (90, 20)), labels=(1, 0, 1)),
        Prompt(0, mask=rough),
    ]
    eyes = Eyes(network, AUTOMATIC)
    together = eyes.ask(frame, prompts)
    for prompt, part in zip(prompts, together, strict=True):
        (alone,) = eyes.ask(frame, [prompt])
        assert part.mask.shape == (90, 120)
        assert 0 <= part.score <= 1
        assert np.mean(alone.mask ^ part.mask) < 0.01
        assert alone.score == pytest.approx(part.score, abs=1e-4)
    assert len({round(part.score, 6) for part in together}) == len(prompts)


def test_falling_short_of_memory_is_answered_and_told(network, monkeypatch) -> None:
    decode = network.decode

    def tight(embedding, *, boxes, **more):
        if len(boxes) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return decode(embedding, boxes=boxes, **more)

    prompts = [Prompt(0, box=(n, 4, 40 + n, 60)) for n in range(7)]
    eyes = Eyes(network, AUTOMATIC)
    wanted = [part.mask for part in eyes.ask(squares(), prompts)]
    monkeypatch.setattr(network, "decode", tight)
    eyes = Eyes(network, AUTOMATIC, Compute(device="cpu"))
    for part, mask in zip(eyes.ask(squares(), prompts), wanted, strict=True):
        assert np.mean(part.mask ^ mask) < 0.01
    assert any("prompts a batch" in note for note in eyes.notes)

    def never(embedding, **more):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(network, "decode", never)
    with pytest.raises(BackendError, match="too small even for 1 prompts") as told:
        eyes.ask(squares(), prompts)
    assert "--max-vram-gb" in told.value.fix
