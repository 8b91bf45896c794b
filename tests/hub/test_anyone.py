import json

import pytest

from multiplane.core.errors import WeightsError
from multiplane.hub import anyone
from multiplane.hub.cache import choose_cache
from multiplane.hub.pins import FILE_NAME, read_pin

INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "unet": ["diffusers", "UNet2DConditionModel"],
    "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
}
BY_HAND = (
    "put model_index.json and the folders that it names of https://huggingface.co/me/mine into a "
    "folder, and name it by its path: model: FOLDER. If it was to be a path, see whether it is "
    "written right"
)


@pytest.fixture
def repository(hub, tmp_path):
    choose_cache(tmp_path / "cache")
    hub.files = {
        "model_index.json": json.dumps(INDEX).encode(),
        "pipeline.py": b"raise SystemExit",
        "unet/config.json": b"{}",
        "unet/diffusion_pytorch_model.safetensors": b"weights",
        "unet/diffusion_pytorch_model.bin": b"pickle",
        "safety_checker/model.safetensors": b"checker",
    }
    yield hub
    choose_cache(None)


def test_only_what_is_read_is_fetched_and_pinned(repository, tmp_path):
    found = anyone.find("me/mine")
    assert found.folder == tmp_path / "cache" / "models" / "me--mine"
    assert found.revision == repository.branch
    held = {p.relative_to(found.folder).as_posix() for p in found.folder.rglob("*") if p.is_file()}
    wanted = {"model_index.json", "unet/config.json", "unet/diffusion_pytorch_model.safetensors"}
    assert held == wanted | {FILE_NAME}
    assert set(read_pin(found.folder / FILE_NAME).files) == wanted
    assert {revision for _, _, revision in repository.fetched} == {repository.branch}
    hidden = sorted(one.name for one in found.folder.parent.iterdir())
    assert hidden == [".me--mine.index.lock", ".me--mine.lock", "me--mine"]


def test_the_second_time_nobody_is_asked(repository):
    first = anyone.find("me/mine")
    asked = len(repository.looked)
    repository.branch = "b" * 40
    assert anyone.find("me/mine") == anyone.locate("me/mine") == first
    assert anyone.find("me/mine", offline=True) == first
    assert len(repository.looked) == asked


def test_what_was_changed_since_is_told(repository):
    found = anyone.find("me/mine")
    (found.folder / "unet" / "config.json").write_bytes(b"{ }")
    with pytest.raises(WeightsError, match=r"is not unet/config\.json of me--mine") as caught:
        anyone.locate("me/mine")
    assert "delete it" in caught.value.fix


def test_what_is_not_here_is_not_fetched_when_that_is_forbidden(repository):
    assert anyone.locate("me/mine") is None
    with pytest.raises(WeightsError, match="me/mine is not on this machine") as caught:
        anyone.find("me/mine", offline=True)
    assert caught.value.fix == BY_HAND
    assert not repository.looked


def test_without_a_network_it_is_said_what_to_put_where(repository):
    repository.failure = OSError("no network")
    with pytest.raises(WeightsError, match="cannot get me/mine: cannot look at") as caught:
        anyone.find("me/mine")
    assert caught.value.why == "no network"
    assert caught.value.fix == BY_HAND


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("model_index.json", None, r"no model_index\.json is in it"),
        ("model_index.json", b"[1]", "no JSON object of a bounded size"),
        ("model_index.json", b"{", "no JSON object of a bounded size"),
        ("model_index.json", b" " * (2**24 + 1), "no JSON object of a bounded size"),
        ("unet/diffusion_pytorch_model.safetensors", None, r"no \.safetensors for unet"),
        ("unet/giant.json", b" " * (2**24 + 1), r"unet/giant\.json is larger than 16\.8 MB"),
    ],
)
def test_what_is_no_pipeline_is_refused(repository, name, content, what):
    if content is None:
        del repository.files[name]
    else:
        repository.files[name] = content
    with pytest.raises(WeightsError, match=what) as caught:
        anyone.find("me/mine")
    assert caught.value.fix == BY_HAND
    assert not any(file.endswith((".bin", ".py")) for _, file, _ in repository.fetched)
    assert anyone.locate("me/mine") is None
