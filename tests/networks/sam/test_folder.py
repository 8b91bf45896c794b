from __future__ import annotations

import json

import pytest

pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("transformers", reason="needs pip install 'multiplane[neural]'")

from tiny_sam import save_processor

from multiplane.core.errors import WeightsError
from multiplane.networks.sam.folder import kind_of, open_processor


def test_the_kind_is_what_the_config_says(tmp_path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "anything"}))
    assert kind_of(tmp_path) == "anything"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '"sam2"', "[" * 100_000])
def test_a_config_that_says_nothing(tmp_path, text) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(WeightsError, match=r"config\.json cannot be read") as caught:
        kind_of(tmp_path)
    assert str(tmp_path / "config.json") in caught.value.fix


@pytest.mark.parametrize(("family", "size"), [("sam2", 128), ("sam3_tracker", 112)])
def test_the_processor_is_that_of_the_folder(tmp_path, family, size) -> None:
    save_processor(tmp_path, size, family)
    assert open_processor(tmp_path).size["height"] == size


def test_a_processor_with_code_of_its_own_runs_none(tmp_path) -> None:
    (tmp_path / "trap.py").write_text("raise SystemExit('ran')\n")
    words = {"image_processor_type": "Trap", "auto_map": {"AutoImageProcessor": "trap.Trap"}}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(words))
    with pytest.raises(WeightsError, match="no readable image processor") as caught:
        open_processor(tmp_path)
    assert "put the preprocessor_config.json" in caught.value.fix


def test_no_processor(tmp_path) -> None:
    with pytest.raises(WeightsError, match="neither preprocessor_config") as caught:
        open_processor(tmp_path)
    assert f"into {tmp_path}" in caught.value.fix
