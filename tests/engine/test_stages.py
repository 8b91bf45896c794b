from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from multiplane.core.errors import ConfigError
from multiplane.engine.stages import STAGES, find_stage, options_model, stage_names

OURS = [name for name, target in STAGES.items() if target.startswith("multiplane.")]


def test_ours_come_first_in_the_order_of_the_pipeline() -> None:
    assert stage_names()[: len(OURS)] == OURS
    assert OURS[0] == "split.shots"


def test_a_package_that_is_found_later_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stage_names()
    info = tmp_path / "later-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: later\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[multiplane.stages]\nlater.copy = later:Copy\n")
    with monkeypatch.context() as patch:
        patch.setattr(sys, "path", [str(tmp_path), *sys.path])
        assert set(stage_names()) == {*before, "later.copy"}
    assert stage_names() == before


def test_an_unknown_stage_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError) as caught:
        find_stage("split.segmant")
    assert caught.value.fix == "use 'split.segment'"


@pytest.mark.parametrize("name", OURS)
def test_each_stage_is_what_the_engine_wants(name: str) -> None:
    stage = find_stage(name)
    assert stage.name == name
    assert stage.version >= 1
    assert stage.options is options_model(name)
    assert stage.metadata.endswith(".json")
    assert set(stage.needs).isdisjoint(stage.accepts)


@pytest.mark.parametrize("name", [*OURS, "toy.copy"])
def test_stages_and_their_options_survive_pickling(name: str) -> None:
    stage = find_stage(name)
    options = stage.options()
    copied, copied_options = pickle.loads(pickle.dumps((stage, options)))
    assert copied.name == name
    assert copied_options == options


def test_options_are_found_without_the_code_of_the_stage() -> None:
    code = (
        "import sys\n"
        "from multiplane.engine.stages import STAGES, options_model\n"
        "for name in STAGES: options_model(name)\n"
        "heavy = {'torch', 'cv2', 'onnxruntime', 'pymatting', 'av'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_stage_without_a_config_module_tells_its_own_options() -> None:
    assert options_model("toy.copy") is find_stage("toy.copy").options
