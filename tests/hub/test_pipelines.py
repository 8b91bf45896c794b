import hashlib
import json

import pytest
from made_headers import FIRST, WORDS, write_header

from multiplane.core.errors import ConfigError, WeightsError
from multiplane.hub import diffusion, pipelines
from multiplane.hub.bundles import home
from multiplane.hub.cache import choose_cache
from multiplane.hub.pins import FILE_NAME, Pin, write_pin

TABLE = {bundle.name: bundle for bundle in diffusion.DIFFUSION}
INDEX = {"_class_name": "X", "unet": ["diffusers", "UNet2DConditionModel"]}


@pytest.fixture(autouse=True)
def cache(tmp_path):
    choose_cache(tmp_path / "cache")
    yield tmp_path / "cache"
    choose_cache(None)


def put(bundle, cache):
    """As if it had been fetched: other bytes, recorded as what came."""
    folder = home(bundle, cache)
    digests = {}
    for file in bundle.files:
        if file.sha256:
            continue
        path = folder / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"{}")
        digests[file.name] = hashlib.sha256(b"{}").hexdigest()
    write_pin(folder / FILE_NAME, Pin(bundle.repository, bundle.revision, digests))
    return folder


@pytest.fixture
def own(tmp_path):
    folder = tmp_path / "mine"
    (folder / "unet").mkdir(parents=True)
    (folder / "model_index.json").write_text(json.dumps(INDEX))
    (folder / "unet" / "config.json").write_text("{}")
    (folder / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(b"weights")
    return folder


def test_a_folder_is_told_apart_by_what_is_read_of_it(own):
    found = pipelines.find(str(own))
    assert (found.path, found.config, found.name, found.notes) == (own, None, "mine", ())
    assert pipelines.ready(str(own)) == f"own@{found.fingerprint[:16]}"
    (own / "v1.ckpt").write_bytes(b"not read")
    (own / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"not read")
    assert pipelines.find(str(own)).fingerprint == found.fingerprint
    (own / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(b"other")
    assert pipelines.find(str(own)).fingerprint != found.fingerprint
    assert pipelines.why_absent(str(own)) == ""


def test_a_path_wins_over_the_hub_and_the_table(own, monkeypatch, tmp_path, hub):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "owner").mkdir()
    own.rename(tmp_path / "owner" / "name")
    assert pipelines.find("owner/name").path.name == "name"
    (tmp_path / "owner" / "name").rename(tmp_path / "sd15")
    assert pipelines.find("sd15").licence == ""
    assert not hub.looked


def test_the_folder_we_are_in_has_a_name(own, monkeypatch):
    monkeypatch.chdir(own)
    assert pipelines.find(".").name == "mine"


def test_config_says_nothing_of_a_folder(own):
    found = pipelines.find(str(own), config=str(own))
    assert found.notes == ("config is for a single file; a folder has its own",)


@pytest.mark.parametrize("content", [None, "[", "[1]"])
def test_a_folder_without_an_index_is_told(own, content):
    if content is None:
        (own / "model_index.json").unlink()
    else:
        (own / "model_index.json").write_text(content)
    with pytest.raises(WeightsError) as caught:
        pipelines.find(str(own))
    assert caught.value.fix == (
        "name a folder of diffusers, with model_index.json in it, or a single .safetensors file"
    )
    assert pipelines.why_absent(str(own)) == caught.value.what


def test_a_giant_index_is_not_read(own):
    (own / "model_index.json").write_bytes(b" " * (2**24 + 1))
    with pytest.raises(WeightsError, match="holds no JSON object"):
        pipelines.find(str(own))


def single(tmp_path, kind="sd15", channels=9):
    shapes = {FIRST: (320, channels, 3, 3), WORDS[kind]: (768,)}
    return write_header(tmp_path / "one.safetensors", shapes)


def test_a_single_file_takes_the_configurations_of_its_architecture(tmp_path, cache, hub):
    folder = put(diffusion.configurations(TABLE["sd15-inpainting"]), cache)
    found = pipelines.find(str(single(tmp_path)))
    assert found.config == folder
    assert found.notes == ("one.safetensors was loaded with the configurations of sd15-inpainting",)
    assert found.fingerprint == hashlib.sha256(found.path.read_bytes()).hexdigest()
    assert not hub.looked


def test_the_configurations_are_fetched_and_nothing_else(tmp_path, cache, hub):
    hub.files = {file.name: b"{}" for file in TABLE["sd15"].files}
    found = pipelines.find(str(single(tmp_path, channels=4)))
    assert found.config == cache / "models" / "sd15-config"
    assert not any(name.endswith(".safetensors") for _, name, _ in hub.fetched)
    assert {revision for _, _, revision in hub.fetched} == {TABLE["sd15"].revision}


def test_without_configurations_it_is_said_how_to_name_them(tmp_path, hub):
    hub.failure = OSError("no network")
    with pytest.raises(WeightsError, match="is a sd2-inpainting, whose config") as caught:
        pipelines.find(str(single(tmp_path, "sd2")))
    assert caught.value.why == "no network"
    assert caught.value.fix == (
        "name a folder of diffusers of the same architecture: config: FOLDER. Or, with a network, "
        "type: multiplane models pull sd2-inpainting"
    )


def test_configurations_that_are_named_are_taken(tmp_path, own, hub):
    path = single(tmp_path)
    found = pipelines.find(str(path), str(own))
    assert (found.path, found.config) == (path, own)
    (own / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(b"other, and not read")
    assert pipelines.find(str(path), str(own)).fingerprint == found.fingerprint
    (own / "unet" / "config.json").write_text('{"a": 1}')
    assert pipelines.find(str(path), str(own)).fingerprint != found.fingerprint
    assert not hub.looked


def test_configurations_have_to_be_a_folder_of_diffusers(tmp_path, own):
    (own / "model_index.json").unlink()
    with pytest.raises(WeightsError, match=r"has no model_index\.json") as caught:
        pipelines.find(str(single(tmp_path)), str(own))
    assert caught.value.fix.startswith("name a folder of diffusers")


def test_an_older_archive_wants_its_configurations_named(tmp_path, own):
    path = tmp_path / "one.ckpt"
    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(WeightsError, match="is an older archive of PyTorch") as caught:
        pipelines.find(str(path))
    assert caught.value.fix == (
        "name the folder of diffusers that it belongs to: config: FOLDER, or take one.safetensors "
        "of the same model"
    )
    assert pipelines.find(str(path), str(own)).config == own


def test_what_was_withdrawn_is_answered_with_the_copy(monkeypatch):
    asked = []

    def pulling(bundle, *, offline):
        asked.append(bundle.name)
        return pipelines.Found(home(bundle), bundle.revision)

    monkeypatch.setattr(pipelines.pulling, "find", pulling)
    found = pipelines.find("stabilityai/stable-diffusion-2-inpainting")
    assert (found.name, found.fingerprint) == ("sd2-inpainting", TABLE["sd2-inpainting"].revision)
    assert found.notes == (
        "stabilityai/stable-diffusion-2-inpainting was withdrawn by its maker; taken instead: "
        "sd2-inpainting (sd2-community/stable-diffusion-2-inpainting), the copy of it",
    )
    assert "OpenRAIL++-M" in found.licence
    assert pipelines.find("sd2-community/stable-diffusion-2-inpainting").notes == ()
    assert pipelines.ready("sd2-inpainting") == "sd2-inpainting@5f74973cbb64c856"
    assert set(asked) == {"sd2-inpainting"}


def test_what_is_not_here_is_told_without_fetching(hub):
    assert pipelines.why_absent("sdxl") == (
        "sdxl is not here; multiplane models pull sdxl fetches it"
    )
    assert pipelines.why_absent("me/mine") == "me/mine is not here"
    with pytest.raises(WeightsError, match="sdxl is not on this machine") as caught:
        pipelines.find("sdxl", offline=True)
    assert caught.value.fix.startswith("with a network, type: multiplane models pull sdxl. Without")
    assert not hub.looked


def test_a_repository_of_anyone_is_named_by_its_commit(hub):
    hub.files = {
        "model_index.json": json.dumps(INDEX).encode(),
        "unet/diffusion_pytorch_model.safetensors": b"weights",
    }
    found = pipelines.find("me/mine")
    assert (found.name, found.fingerprint) == ("me/mine", hub.branch)
    assert found.licence == "see https://huggingface.co/me/mine"
    assert pipelines.ready("me/mine") == f"me/mine@{hub.branch[:16]}"
    assert pipelines.why_absent("me/mine") == ""


@pytest.mark.parametrize("model", ["./nowhere", "~/nowhere-at-all", "a/b/c", "/no/where"])
def test_a_path_that_leads_nowhere_is_told(model, hub):
    with pytest.raises(WeightsError, match="is not there") as caught:
        pipelines.find(model)
    assert "name an existing file or folder" in caught.value.fix
    assert pipelines.why_absent(model) == caught.value.what
    assert not hub.looked


def test_the_nearest_name_is_told():
    with pytest.raises(ConfigError, match=r"did you mean 'sd2-inpainting'\?") as caught:
        pipelines.find("sd2-inpaintng")
    assert caught.value.fix == "--model sd2-inpainting"


def test_names_that_stand_for_no_pipeline_are_told():
    with pytest.raises(ConfigError, match="no models called 'dall-e'") as caught:
        pipelines.find("dall-e")
    assert caught.value.fix == (
        "use one of sd15-inpainting, sd2-inpainting, sdxl-inpainting, sd15, sdxl; owner/name on "
        "the model hub; or the path of a folder or a .safetensors file"
    )
    with pytest.raises(ConfigError, match="'big-lama' is no pipeline of diffusers") as caught:
        pipelines.why_absent("big-lama")
    assert caught.value.fix.startswith("use one of sd15-inpainting")
