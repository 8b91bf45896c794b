from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
tf = pytest.importorskip("transformers", reason="needs pip install 'multiplane[neural]'")

from tiny_sam import save_tiny_sam  # noqa: E402

from multiplane.core.compute import Compute  # noqa: E402
from multiplane.core.errors import (  # noqa: E402
    BackendError,
    ConfigError,
    InputError,
    WeightsError,
)
from multiplane.networks.sam.text import open_text_sam  # noqa: E402

PLAIN = Compute("cpu", "fp32")
TOKENIZER = Path(__file__).resolve().parents[4] / "shared" / "models" / "clip-tokenizer"
there = pytest.mark.skipif(
    not (TOKENIZER / "vocab.json").is_file(), reason="needs the tokenizer of CLIP"
)


def picture(seed: int = 0):
    return np.random.default_rng(seed).integers(0, 256, (60, 90, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = save_tiny_sam(tmp_path_factory.mktemp("sam3"), "sam3_video")
    for name in ("vocab.json", "merges.txt"):
        shutil.copyfile(TOKENIZER / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def sam(folder):
    return open_text_sam(folder, PLAIN)


@there
def test_objects_are_those_of_transformers(folder, sam) -> None:
    model = tf.Sam3Model.from_pretrained(folder).eval()
    stills = tf.Sam3ImageProcessor.from_pretrained(folder)
    processor = tf.Sam3Processor(stills, tf.CLIPTokenizer.from_pretrained(folder))
    texts = ["boy in a red shirt", "sea monster"]
    ours = sam.find(picture(), texts, threshold=0.0)
    for text, found in zip(texts, ours, strict=True):
        inputs = processor(picture(), text=text, return_tensors="pt")
        sizes = inputs.pop("original_sizes").tolist()
        with torch.inference_mode():
            answer = model(**inputs)
        (wanted,) = processor.post_process_instance_segmentation(answer, 0.0, 0.5, sizes)
        masks = wanted["masks"].bool().numpy()
        order = np.argsort(-wanted["scores"].numpy(), kind="stable")
        order = [number for number in order if masks[number].any()]
        assert len(found) == len(order) > 0
        for mine, number in zip(found, order, strict=True):
            assert mine.score == pytest.approx(float(wanted["scores"][number]), abs=1e-5)
            assert (mine.mask != masks[number]).mean() < 1e-3


@there
def test_other_words_other_answers_and_the_unsure_is_left_out(sam) -> None:
    first, second = sam.find(picture(), ["boy", "sea monster"], threshold=0.0)
    assert [one.score for one in first] != [one.score for one in second]
    scores = [one.score for one in first]
    assert scores == sorted(scores, reverse=True)
    (fewer,) = sam.find(picture(), ["boy"], threshold=scores[1])
    assert [one.score for one in fewer] == [scores[0]]
    assert sam.find(picture(), []) == []


@there
@pytest.mark.parametrize("text", ["", "  ", "word " * 40])
def test_phrases_that_are_none(sam, text) -> None:
    with pytest.raises(InputError, match="wanted 3 to 32") as caught:
        sam.find(picture(), [text])
    assert "--text" in caught.value.fix


@there
def test_a_network_that_fails_says_so(sam, monkeypatch) -> None:
    def fail(*_, **__):
        raise ValueError("odd")

    monkeypatch.setattr(sam._model, "get_vision_features", fail)
    with pytest.raises(BackendError, match="looking for 'boy'") as caught:
        sam.find(picture(), ["boy"])
    assert caught.value.fix == "multiplane doctor"


@pytest.mark.parametrize("family", ["sam2", "edgetam", "sam3_tracker"])
def test_networks_that_take_no_words_say_which_does(family, tmp_path) -> None:
    folder = save_tiny_sam(tmp_path, family)
    with pytest.raises(ConfigError, match="takes no words") as caught:
        open_text_sam(folder, PLAIN)
    assert "--backend sam3" in caught.value.fix


def test_no_tokenizer(tmp_path) -> None:
    folder = save_tiny_sam(tmp_path, "sam3_video")
    with pytest.raises(WeightsError, match="has no tokenizer") as caught:
        open_text_sam(folder, PLAIN)
    assert f"tokenizer.json that came with the weights into {folder}" in caught.value.fix
    (folder / "tokenizer.json").write_text("{")
    with pytest.raises(WeightsError, match="no readable tokenizer"):
        open_text_sam(folder, PLAIN)
