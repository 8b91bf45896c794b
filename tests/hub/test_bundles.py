import dataclasses
import hashlib

import pytest

from multiplane.core.errors import WeightsError
from multiplane.hub import bundles
from multiplane.hub.cache import choose_models
from multiplane.hub.entries import BundleFile
from multiplane.hub.pins import FILE_NAME, Pin, write_pin

COMMIT = "c" * 40


def fill(folder, tensors=b"tensors", pin=None):
    """Write the files of the bundle; with a commit, the record of a fetch too."""
    folder.mkdir(parents=True, exist_ok=True)
    held = {"config.json": b"{}", "model.safetensors": tensors}
    for name, content in held.items():
        (folder / name).write_bytes(content)
    if pin is not None:
        digests = {name: hashlib.sha256(content).hexdigest() for name, content in held.items()}
        write_pin(folder / FILE_NAME, Pin("owner/small-net", pin, digests))
    return folder


def pinned(bundle, sha256=None):
    """The bundle with a commit, and with the hashes of what ``fill`` writes."""
    digest = sha256 or hashlib.sha256(b"tensors").hexdigest()
    files = (
        BundleFile("config.json", hashlib.sha256(b"{}").hexdigest()),
        BundleFile("model.safetensors", digest),
    )
    return dataclasses.replace(bundle, revision=COMMIT, files=files)


def test_nothing_here(tmp_path, bundle):
    assert bundles.locate(bundle, cache=tmp_path) is None
    assert bundles.locate(bundle, folder=tmp_path / "absent", cache=tmp_path) is None
    assert bundles.home(bundle, tmp_path) == tmp_path / "models" / "small"


def test_what_was_fetched_is_found_by_its_record(tmp_path, bundle):
    fill(bundles.home(bundle, tmp_path), pin=COMMIT)
    found = bundles.locate(bundle, cache=tmp_path)
    assert found == bundles.Found(bundles.home(bundle, tmp_path), COMMIT)
    assert bundles.identity(bundle, found, tmp_path) == COMMIT


def test_what_was_changed_since_is_refused(tmp_path, bundle):
    folder = fill(bundles.home(bundle, tmp_path), pin=COMMIT)
    (folder / "model.safetensors").write_bytes(b"changed!")
    with pytest.raises(WeightsError, match=r"is not model\.safetensors of small") as caught:
        bundles.locate(bundle, cache=tmp_path)
    assert caught.value.fix == (
        "delete it and type: multiplane models pull small; for weights of your own, name their "
        "folder by its path instead"
    )


def test_the_table_moved_on(tmp_path, bundle):
    fill(bundles.home(bundle, tmp_path), pin="b" * 40)
    assert bundles.locate(pinned(bundle), cache=tmp_path) is None


def test_half_a_folder_in_the_cache_is_not_here(tmp_path, bundle):
    folder = fill(bundles.home(bundle, tmp_path), pin=COMMIT)
    (folder / "config.json").unlink()
    assert bundles.locate(bundle, cache=tmp_path) is None


def test_files_put_into_the_cache_by_hand_are_told_apart_by_their_contents(tmp_path, bundle):
    fill(bundles.home(bundle, tmp_path))
    found = bundles.locate(bundle, cache=tmp_path)
    assert found.revision is None
    first = bundles.identity(bundle, found, tmp_path)
    assert len(first) == 64
    (found.folder / "notes.txt").write_bytes(b"beside the point")
    assert bundles.identity(bundle, found, tmp_path) == first
    (found.folder / "video.json").write_bytes(b"{}")
    assert bundles.identity(bundle, found, tmp_path) != first


@pytest.mark.parametrize("place", ["small", "owner--small-net", "owner/small-net"])
def test_layouts_of_a_folder_of_models(tmp_path, bundle, place):
    models = tmp_path / "own"
    folder = fill(models / place)
    assert bundles.locate(bundle, folder=models, cache=tmp_path).folder == folder
    choose_models(models)
    try:
        assert bundles.locate(bundle, cache=tmp_path).folder == folder
    finally:
        choose_models(None)
    assert bundles.locate(bundle, cache=tmp_path) is None


def test_the_cache_of_huggingface_hub_is_read_as_it_is(tmp_path, bundle):
    shared = tmp_path / "own" / "models--owner--small-net"
    folder = fill(shared / "snapshots" / COMMIT)
    assert bundles.locate(bundle, folder=tmp_path / "own", cache=tmp_path) is None
    (shared / "refs").mkdir()
    (shared / "refs" / "main").write_text(f"{COMMIT}\n")
    found = bundles.locate(bundle, folder=tmp_path / "own", cache=tmp_path)
    assert found == bundles.Found(folder, COMMIT)
    (shared / "refs" / "main").write_text("d" * 40)
    assert bundles.locate(pinned(bundle), folder=tmp_path / "own", cache=tmp_path) == found


def test_the_own_folder_comes_before_the_cache(tmp_path, bundle):
    fill(bundles.home(bundle, tmp_path), pin=COMMIT)
    own = fill(tmp_path / "own" / "small", b"mine")
    assert bundles.locate(bundle, folder=tmp_path / "own", cache=tmp_path).folder == own


def test_an_own_folder_that_lacks_a_file_says_which(tmp_path, bundle):
    folder = fill(tmp_path / "own" / "small")
    (folder / "model.safetensors").unlink()
    for where in ({"folder": tmp_path / "own"}, {"explicit": folder}):
        with pytest.raises(WeightsError, match=r"model\.safetensors is not there") as caught:
            bundles.locate(bundle, **where, cache=tmp_path)
        assert caught.value.why == "it wants config.json, model.safetensors"
        assert caught.value.fix == (
            "put it there from https://huggingface.co/owner/small-net, or remove the folder"
        )


def test_known_hashes_are_compared_and_make_a_commit_of_an_own_folder(tmp_path, bundle):
    fill(tmp_path / "own" / "small")
    found = bundles.locate(pinned(bundle), folder=tmp_path / "own", cache=tmp_path)
    assert found.revision == COMMIT
    with pytest.raises(WeightsError, match="wanted eeeeeeeeeeee"):
        bundles.locate(pinned(bundle, "e" * 64), folder=tmp_path / "own", cache=tmp_path)


def test_an_explicit_folder_is_taken_as_it_is(tmp_path, bundle):
    folder = fill(tmp_path / "mine", b"trained further")
    found = bundles.locate(pinned(bundle), explicit=folder, cache=tmp_path)
    assert found == bundles.Found(folder, None)
