import dataclasses
import hashlib
import json
import os

import pytest
from made_cache import SMALL, fill_shared

from multiplane.core.errors import WeightsError
from multiplane.hub import anyone, bundles, pipelines, pulling, shared, shelf
from multiplane.hub.cache import choose_shared, shared_cache
from multiplane.hub.entries import BundleFile

COMMIT = "c" * 40
REPOSITORY = "owner/small-net"
INDEX = {
    "_class_name": "StableDiffusionInpaintPipeline",
    "unet": ["diffusers", "UNet2DConditionModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
}
PIPELINE = {
    "model_index.json": json.dumps(INDEX).encode(),
    "unet/config.json": b"{}",
    "unet/diffusion_pytorch_model.safetensors": b"full precision",
    "tokenizer/vocab.json": b"{}",
}
HALF = "unet/diffusion_pytorch_model.fp16.safetensors"
WITHDRAWN = "stabilityai/stable-diffusion-2-inpainting"


@pytest.fixture
def pipeline(bundle, monkeypatch):
    """A pipeline of the table: its commit, and the hash of its weights in half precision."""
    files = (
        BundleFile("model_index.json"), BundleFile("unet/config.json"),
        BundleFile("tokenizer/vocab.json"),
        BundleFile(HALF, hashlib.sha256(b"half").hexdigest(), 4),
    )  # fmt: skip
    own = dataclasses.replace(bundle, name="sd2-inpainting", revision=COMMIT, files=files)
    monkeypatch.setattr(pipelines, "_TABLE", {own.name: own})
    monkeypatch.setattr(pipelines, "_REPOSITORIES", {own.repository: own})
    return own


def snapshot_of(place):
    border = place / "models--owner--small-net"
    return shared.Snapshot(border / "snapshots" / COMMIT, COMMIT, border)


def written(place):
    return {(str(path), path.lstat().st_mtime_ns) for path in place.rglob("*")}


def test_what_another_program_fetched_is_read_where_it_is(others, bundle, hub, caplog):
    folder = fill_shared(others, REPOSITORY, SMALL)
    before = written(others)
    found = pulling.find(bundle)
    assert found == bundles.Found(folder, COMMIT, ("config.json", "model.safetensors"), True)
    assert pulling.pull(bundle) == found
    assert pulling.identify(bundle) == COMMIT
    assert pulling.find(bundle, offline=True) == found
    assert shelf.is_shared(bundle)
    assert not hub.looked
    assert not hub.fetched
    assert written(others) == before
    told = f"small is read from {folder}, where another program keeps it; nothing is written there"
    assert caplog.messages == [told]  # once


def test_our_own_comes_first(others, bundle, tmp_path):
    fill_shared(others, REPOSITORY, SMALL)
    own = tmp_path / "own" / "models" / "small"
    own.mkdir(parents=True)
    for name, held in SMALL.items():
        (own / name).write_bytes(held)
    assert bundles.locate(bundle).folder == own
    assert not shelf.is_shared(bundle)


def test_it_can_be_switched_off(others, bundle):
    fill_shared(others, REPOSITORY, SMALL)
    choose_shared(None, off=True)
    assert shared_cache() is None
    assert bundles.locate(bundle) is None


def test_one_that_cannot_be_looked_into_is_none(bundle, hub, tmp_path):
    choose_shared(tmp_path / ("closed" * 50))  # no system takes such a name
    own = dataclasses.replace(bundle, revision=COMMIT)
    assert bundles.locate(own) is None
    assert bundles.locate(bundle) is None


def test_by_convention_it_is_in_the_home_folder(others, monkeypatch, tmp_path):
    monkeypatch.setattr("pathlib.Path.home", lambda: tmp_path)
    choose_shared(None)
    assert shared_cache() == tmp_path / ".cache" / "huggingface" / "hub"


def test_without_a_home_there_is_none(others, monkeypatch):
    monkeypatch.setattr("os.path.expanduser", lambda path: path)  # nobody knows it
    assert shared_cache() == others
    choose_shared(None)
    assert shared_cache() is None


def test_a_cache_of_theirs_that_was_named_as_ours(bundle, tmp_path):
    folder = fill_shared(tmp_path, REPOSITORY, SMALL)
    assert bundles.locate(bundle, cache=tmp_path).folder == folder


def test_the_commit_of_the_table_is_wanted_and_no_other(others, bundle):
    fill_shared(others, REPOSITORY, SMALL, commit="d" * 40)
    assert bundles.locate(bundle).revision == "d" * 40
    assert bundles.locate(dataclasses.replace(bundle, revision=COMMIT)) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a system with pipes")
def test_a_branch_that_is_a_pipe_is_not_waited_for(others, bundle):
    refs = fill_shared(others, REPOSITORY, SMALL).parents[1] / "refs" / "main"
    refs.unlink()
    os.mkfifo(refs)
    writer = os.open(refs, os.O_RDWR)  # so that a reader would wait for this, and find it
    os.write(writer, COMMIT.encode())
    try:
        assert shared.branch(refs.parents[1]) is None
    finally:
        os.close(writer)


@pytest.mark.parametrize("branch", [None, "", "main", "../../..", "C" * 40, "c" * 10**6])
def test_a_branch_that_names_no_commit(others, bundle, branch):
    folder = fill_shared(others, REPOSITORY, SMALL)
    refs = folder.parents[1] / "refs" / "main"
    refs.unlink()
    if branch is not None:
        refs.write_text(branch)
    assert bundles.locate(bundle) is None


def test_half_a_model_is_fetched(others, bundle, hub):
    fill_shared(others, REPOSITORY, {"config.json": b"{}"})
    assert not pulling.find(bundle).shared
    assert hub.fetched


@pytest.mark.parametrize("name", sorted(SMALL))
def test_what_is_not_what_its_blob_is_called_is_not_used(others, bundle, hub, caplog, name):
    folder = fill_shared(others, REPOSITORY, SMALL)
    (folder / name).resolve().write_bytes(b"changed!")
    assert bundles.locate_shared(bundle) is None
    assert "; it is not used" in caplog.text
    assert not pulling.find(bundle).shared
    with pytest.raises(WeightsError):
        shared.prove(snapshot_of(others), dict.fromkeys(SMALL), None)


def test_the_hash_of_the_table_decides(others, bundle):
    fill_shared(others, REPOSITORY, SMALL)
    digest = hashlib.sha256(b"other tensors").hexdigest()
    files = (BundleFile("config.json"), BundleFile("model.safetensors", digest))
    assert bundles.locate(dataclasses.replace(bundle, files=files)) is None


def test_links_that_lead_out_are_not_followed(others, bundle, tmp_path, caplog):
    folder = fill_shared(others, REPOSITORY, SMALL)
    (tmp_path / "elsewhere").write_bytes(b"tensors")
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").symlink_to(tmp_path / "elsewhere")
    assert bundles.locate(bundle) is None
    assert "is a link to" in caplog.text


def test_without_links_nobody_knows_that_it_is_of_the_commit(others, bundle):
    fill_shared(others, REPOSITORY, SMALL, links=False)
    found = bundles.locate(bundle)
    assert found.shared
    assert found.revision is None
    assert len(bundles.identity(bundle, found)) == 64


def test_a_pipeline_of_the_table_with_the_weights_of_the_table(others, pipeline, hub):
    folder = fill_shared(others, REPOSITORY, {**SMALL, **PIPELINE, HALF: b"half"})
    (folder / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    found = pipelines.find("sd2-inpainting")
    assert (found.path, found.name, found.fingerprint) == (folder, "sd2-inpainting", COMMIT)
    assert found.notes == (
        "sd2-inpainting was read from the cache of another program, at commit cccccccccccc",
    )
    assert pipelines.why_absent("sd2-inpainting") == ""
    assert not hub.looked


@pytest.mark.parametrize("more", [{}, {HALF: b"half"}])
def test_in_full_precision_it_is_the_same_model_and_other_weights(others, pipeline, hub, more):
    folder = fill_shared(others, REPOSITORY, PIPELINE | more)
    found = pipelines.find("sd2-inpainting")
    assert found.path == folder
    assert len(found.fingerprint) == 64
    assert found.notes[0].endswith("cccccccccccc, with the weights that it chose")
    assert pipelines.ready(REPOSITORY) == f"sd2-inpainting@{found.fingerprint[:16]}"
    assert not hub.looked


@pytest.mark.parametrize(
    "absent",
    ["unet/diffusion_pytorch_model.safetensors", "tokenizer/vocab.json", "unet/config.json"],
)
def test_part_of_a_pipeline_is_none(others, pipeline, absent):
    fill_shared(others, REPOSITORY, {name: PIPELINE[name] for name in PIPELINE if name != absent})
    assert bundles.locate(pipeline) is None


@pytest.mark.parametrize("there", [1, 2])
def test_all_shards_are_wanted(others, there):
    files = {name: held for name, held in PIPELINE.items() if "safetensors" not in name}
    files["unet/diffusion_pytorch_model.safetensors.index.json"] = b"{}"
    for number in range(1, there + 1):
        files[f"unet/diffusion_pytorch_model-0000{number}-of-00002.safetensors"] = b"shard"
    fill_shared(others, REPOSITORY, files)
    assert bool(shared.files_of_pipeline(snapshot_of(others))) is (there == 2)


def test_anyones_pipeline(others, hub, caplog):
    folder = fill_shared(others, "me/mine", PIPELINE)
    found = pipelines.find("me/mine")
    assert (found.path, found.name) == (folder, "me/mine")
    assert len(found.fingerprint) == 64
    assert "me/mine was read from the cache of another program" in found.notes[0]
    assert f"me/mine is read from {folder}" in caplog.text
    assert anyone.find("me/mine", offline=True).shared
    assert not hub.looked
    (folder / "model_index.json").resolve().write_text("[")
    assert anyone.locate("me/mine") is None


def test_a_withdrawn_repository_that_was_kept(others, pipeline, hub):
    folder = fill_shared(others, WITHDRAWN, PIPELINE)
    found = pipelines.find(WITHDRAWN)
    assert (found.path, found.name, found.licence) == (folder, WITHDRAWN, pipeline.licence)
    assert pipelines.why_absent(WITHDRAWN) == ""
    assert not hub.looked


def test_the_copy_of_a_withdrawn_repository_is_not_taken_for_it(others, pipeline, hub, caplog):
    fill_shared(others, WITHDRAWN, PIPELINE)
    told = f"{WITHDRAWN}, its withdrawn original, is here: --model {WITHDRAWN}"
    assert pipelines.why_absent("sd2-inpainting").endswith(f"fetches it; {told}")
    with pytest.raises(WeightsError):  # the hub of this test has other files
        pipelines.find("sd2-inpainting")
    assert told in caplog.messages
