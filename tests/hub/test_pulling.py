import dataclasses
import hashlib
import subprocess
import sys

import pytest

from multiplane.core.errors import MissingDependencyError, OutputError, WeightsError
from multiplane.hub import bundles, pulling, repositories
from multiplane.hub.cache import choose_models
from multiplane.hub.entries import BundleFile
from multiplane.hub.pins import FILE_NAME, read_pin

COMMIT = "c" * 40
BY_HAND = (
    "with a network, type: multiplane models pull small. Without one, put config.json, "
    "model.safetensors of https://huggingface.co/owner/small-net into FOLDER/small and type: "
    "export MULTIPLANE_MODELS=FOLDER"
)


def names_of(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_first_pull_pins(tmp_path, bundle, hub):
    found = pulling.find(bundle, cache=tmp_path)
    assert found == bundles.Found(tmp_path / "models" / "small", hub.branch)
    assert names_of(found.folder) == ["config.json", "model.safetensors", FILE_NAME]
    pin = read_pin(found.folder / FILE_NAME)
    assert (pin.repository, pin.revision) == ("owner/small-net", hub.branch)
    for name, digest in pin.files.items():
        assert digest == hashlib.sha256(hub.files[name]).hexdigest()
    assert hub.looked == [("owner/small-net", None)]
    assert {revision for _, _, revision in hub.fetched} == {hub.branch}
    assert names_of(tmp_path / "models") == [".small.lock", "small"]


def test_what_is_pinned_stays_when_the_branch_moves(tmp_path, bundle, hub):
    first = pulling.find(bundle, cache=tmp_path)
    hub.branch = "b" * 40
    hub.files["model.safetensors"] = b"other weights"
    assert pulling.pull(bundle, tmp_path) == pulling.find(bundle, cache=tmp_path) == first
    assert len(hub.looked) == 1


def test_files_that_need_not_be_there_come_where_they_are(tmp_path, bundle, hub):
    hub.files["video.json"] = b"{}"
    found = pulling.find(bundle, cache=tmp_path)
    assert "video.json" in names_of(found.folder)


def test_a_known_commit_is_asked_for(tmp_path, bundle, hub):
    bundle = dataclasses.replace(bundle, revision=COMMIT)
    assert pulling.find(bundle, cache=tmp_path).revision == COMMIT
    assert hub.looked == [("owner/small-net", COMMIT)]
    assert {revision for _, _, revision in hub.fetched} == {COMMIT}


@pytest.mark.parametrize("revision", [None, COMMIT])
def test_a_fingerprint_is_the_same_before_and_after(tmp_path, bundle, hub, revision):
    bundle = dataclasses.replace(bundle, revision=revision)
    before = pulling.identify(bundle, cache=tmp_path)
    assert before == (revision or hub.branch)
    assert not hub.fetched
    hub.branch = "d" * 40  # moves on between the two
    assert pulling.identify(bundle, cache=tmp_path) == before
    assert pulling.find(bundle, cache=tmp_path).revision == before
    assert pulling.identify(bundle, cache=tmp_path) == before
    assert names_of(tmp_path / "models") == [".small.lock", "small"]


def test_a_fingerprint_that_needs_the_hub_says_what_to_do_without(tmp_path, bundle, hub):
    hub.failure = OSError("no network")
    with pytest.raises(WeightsError, match="cannot tell which small this would be") as caught:
        pulling.identify(bundle, cache=tmp_path)
    assert caught.value.fix == BY_HAND


def test_a_folder_of_ones_own_is_fingerprinted_by_its_contents(tmp_path, bundle, hub):
    own = tmp_path / "mine"
    own.mkdir()
    (own / "config.json").write_bytes(b"{}")
    (own / "model.safetensors").write_bytes(b"mine")
    first = pulling.identify(bundle, own, tmp_path)
    (own / "model.safetensors").write_bytes(b"mine, changed")
    assert pulling.identify(bundle, own, tmp_path) != first
    assert not hub.looked


def test_offline_says_which_files_to_put_where(tmp_path, bundle, hub):
    with pytest.raises(WeightsError, match="small is not on this machine") as caught:
        pulling.find(bundle, cache=tmp_path, offline=True)
    assert caught.value.fix == BY_HAND
    assert not hub.looked
    pinned = dataclasses.replace(bundle, revision=COMMIT)
    choose_models(tmp_path / "own")
    try:
        told = pulling.by_hand(pinned, tmp_path)
    finally:
        choose_models(None)
    assert told.endswith(
        f"of https://huggingface.co/owner/small-net at {COMMIT} into {tmp_path / 'own' / 'small'}"
    )


def test_no_network(tmp_path, bundle, hub):
    hub.failure = OSError("no network\nlong story")
    with pytest.raises(WeightsError, match=r"cannot get small \(< 0.0 MB\)") as caught:
        pulling.find(bundle, cache=tmp_path)
    assert (caught.value.why, caught.value.fix) == ("no network", BY_HAND)
    assert names_of(tmp_path / "models") == [".small.lock"]


def test_the_client_is_optional(tmp_path, bundle, monkeypatch):
    monkeypatch.setattr(repositories, "find_spec", lambda _: None)
    with pytest.raises(MissingDependencyError, match="cannot get small") as caught:
        pulling.find(bundle, cache=tmp_path)
    assert caught.value.fix == (
        "pip install huggingface_hub, or all of it: pip install 'multiplane[neural]'. "
        f"Or: {BY_HAND}"
    )


def test_terms_that_were_not_accepted(tmp_path, bundle, hub):
    kind = type("GatedRepoError", (OSError,), {})
    hub.failure = kind("403 Forbidden")
    with pytest.raises(WeightsError, match="its terms have not been accepted") as caught:
        pulling.find(bundle, cache=tmp_path)
    assert caught.value.fix == (
        "accept the terms at https://huggingface.co/owner/small-net, then log in: hf auth login. "
        f"Or: {BY_HAND}"
    )


def test_nothing_larger_than_expected_is_fetched(tmp_path, bundle, hub):
    hub.files["model.safetensors"] = b"x" * 10_001
    with pytest.raises(WeightsError, match=r"at most 0\.0 MB were expected"):
        pulling.find(bundle, cache=tmp_path)
    assert not hub.fetched


def test_a_repository_that_lacks_a_file(tmp_path, bundle, hub):
    del hub.files["config.json"]
    with pytest.raises(WeightsError, match=r"holds no config\.json at aaaaaaaaaaaa"):
        pulling.find(bundle, cache=tmp_path)
    assert not hub.fetched


@pytest.mark.parametrize("fault", ["cut off", "other bytes", "not the table's"])
def test_what_comes_wrong_does_not_enter(tmp_path, bundle, hub, fault):
    held = hub.files["model.safetensors"]
    if fault == "cut off":
        hub.wrong["model.safetensors"] = held[:-1]
    elif fault == "other bytes":
        hub.wrong["model.safetensors"] = held[::-1]
    else:
        files = (bundle.files[0], BundleFile("model.safetensors", "e" * 64))
        bundle = dataclasses.replace(bundle, files=files)
    with pytest.raises(WeightsError, match=r"model\.safetensors of owner/small-net came") as caught:
        pulling.find(bundle, cache=tmp_path)
    assert caught.value.fix == f"try again: multiplane models pull small. Or: {BY_HAND}"
    assert names_of(tmp_path / "models") == [".small.lock"]


def test_what_a_dead_process_left_is_cleared(tmp_path, bundle, hub):
    left = tmp_path / "models" / ".part-small"
    left.mkdir(parents=True)
    (left / "half.safetensors").write_bytes(b"half")
    found = pulling.find(bundle, cache=tmp_path)
    assert names_of(found.folder) == ["config.json", "model.safetensors", FILE_NAME]
    assert names_of(tmp_path / "models") == [".small.lock", "small"]


def test_an_interrupted_pull_leaves_nothing(tmp_path, bundle, hub, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(pulling, "write_pin", stop)
    with pytest.raises(KeyboardInterrupt):
        pulling.pull(bundle, tmp_path)
    assert names_of(tmp_path / "models") == [".small.lock"]


def test_pulling_replaces_what_is_damaged(tmp_path, bundle, hub):
    folder = pulling.pull(bundle, tmp_path).folder
    (folder / "model.safetensors").write_bytes(b"damaged")
    (folder / "stray.txt").write_bytes(b"stray")
    with pytest.raises(WeightsError):
        pulling.find(bundle, cache=tmp_path)
    assert pulling.pull(bundle, tmp_path).folder == folder
    assert names_of(folder) == ["config.json", "model.safetensors", FILE_NAME]
    assert names_of(tmp_path / "models") == [".small.lock", "small"]


def test_a_cache_that_cannot_be_written(tmp_path, bundle, hub):
    (tmp_path / "cache").write_text("a file, not a folder")
    with pytest.raises(OutputError) as caught:
        pulling.pull(bundle, tmp_path / "cache")
    assert caught.value.why.endswith(f"fetched files are kept in {tmp_path / 'cache'}")
    assert caught.value.fix == (
        "name a folder for them that can be written: export MULTIPLANE_CACHE=FOLDER"
    )


def test_a_disk_that_is_full(tmp_path, bundle, hub, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pulling, "write_pin", full)
    with pytest.raises(OutputError, match="no space left"):
        pulling.pull(bundle, tmp_path)
    assert names_of(tmp_path / "models") == [".small.lock"]


RACER = """
import sys, time
from pathlib import Path
from multiplane.hub import pulling
from multiplane.hub.entries import Bundle, BundleFile
from multiplane.hub.repositories import Listed, Listing

def look_at(repository, revision):
    with open(sys.argv[2], "a") as log:
        log.write("fetched ")
    time.sleep(0.3)
    return Listing("a" * 40, {"m.safetensors": Listed(3, None)})

def fetch_into(repository, revision, file, folder):
    (folder / file).write_bytes(b"abc")
    return folder / file

pulling.look_at, pulling.fetch_into = look_at, fetch_into
bundle = Bundle("t", "", "o/t", None, (BundleFile("m.safetensors"),), 9, "", True, "", "")
found = pulling.find(bundle, cache=Path(sys.argv[1]))
assert (found.folder / "m.safetensors").read_bytes() == b"abc"
"""


def test_two_at_once_fetch_once(tmp_path):
    log = tmp_path / "log"
    command = [sys.executable, "-c", RACER, str(tmp_path / "cache"), str(log)]
    racers = [subprocess.Popen(command) for _ in range(3)]
    assert [racer.wait(30) for racer in racers] == [0, 0, 0]
    assert log.read_text() == "fetched "
