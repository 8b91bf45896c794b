from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("transformers", reason="needs pip install 'multiplane[neural]'")

from tiny_sam import save_tiny_sam  # noqa: E402

from multiplane.core.compute import Compute  # noqa: E402
from multiplane.core.errors import ConfigError  # noqa: E402
from multiplane.networks.sam.text import Found, TextSam  # noqa: E402
from multiplane.split.segment.backends.sam.worded import Worded  # noqa: E402
from multiplane.split.segment.prompts import Prompt  # noqa: E402

TOKENIZER = Path(__file__).resolve().parents[6] / "shared" / "models" / "clip-tokenizer"
FRAME = np.zeros((40, 60, 3), np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    if not (TOKENIZER / "vocab.json").is_file():
        pytest.skip("needs the tokenizer of CLIP")
    folder = save_tiny_sam(tmp_path_factory.mktemp("sam3"), "sam3_video")
    for name in ("vocab.json", "merges.txt"):
        shutil.copyfile(TOKENIZER / name, folder / name)
    return folder


def test_all_that_phrases_describe(folder, monkeypatch) -> None:
    asked = []

    def find(self, frame, texts, threshold=0.5):
        asked.append(list(texts))
        return [[Found(np.ones((40, 60), np.bool_), 0.1 * n)] * n for n, _ in enumerate(texts)]

    monkeypatch.setattr(TextSam, "find", find)
    worded = Worded(folder, Compute("cpu"))
    parts = worded.find(FRAME, [Prompt(text="boy"), Prompt(text="dog"), Prompt(text="sea")])
    assert asked == [["boy", "dog", "sea"]]
    assert [part.score for part in parts] == [0.1, 0.2, 0.2]
    assert {part.track_id for part in parts} == {None}
    assert worded.notes == []


def test_short_memory_means_fewer_phrases(folder, monkeypatch) -> None:
    def find(self, frame, texts, threshold=0.5):
        if len(texts) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return [[Found(np.ones((40, 60), np.bool_), 0.9)]]

    monkeypatch.setattr(TextSam, "find", find)
    worded = Worded(folder, Compute("cpu"))
    assert len(worded.find(FRAME, [Prompt(text="boy"), Prompt(text="dog")])) == 2
    assert worded.notes == ["memory fell short with 2 texts a batch; went on with 1"]
    worded.forget()
    assert worded.notes == []


def test_with_the_real_network(folder) -> None:
    parts = Worded(folder, Compute("cpu", "fp32")).find(FRAME, [Prompt(text="boy")])
    assert all(part.mask.shape == (40, 60) and part.score > 0.5 for part in parts)


def test_nothing_is_loaded_before_somebody_speaks(tmp_path) -> None:
    worded = Worded(save_tiny_sam(tmp_path, "sam2"), Compute("cpu"))
    assert worded.notes == []
    with pytest.raises(ConfigError, match="takes no words") as caught:
        worded.find(FRAME, [Prompt(text="boy")])
    assert "--backend sam3" in caught.value.fix
