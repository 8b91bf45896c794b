import re

import pytest

from multiplane.hub.entries import Bundle, Entry
from multiplane.hub.neural import NEURAL
from multiplane.hub.repositories import SAFE_SUFFIXES

BUNDLES = [entry for entry in NEURAL if isinstance(entry, Bundle)]
NAMES = {entry.name for entry in NEURAL}


def test_what_the_stages_ask_for_is_there():
    assert {
        "sam2.1-tiny", "sam2.1-small", "sam2.1-base-plus", "sam2.1-large", "edgetam", "sam3",
        "d-fine-nano", "d-fine-small", "rf-detr-base", "vitmatte-small", "vitmatte-base",
        "big-lama", "lama-anime",
    } <= NAMES  # fmt: skip
    assert len(NAMES) == len(NEURAL)


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda bundle: bundle.name)
def test_bundles_are_whole(bundle):
    assert re.fullmatch(r"[\w.-]+/[\w.-]+", bundle.repository)
    assert bundle.revision is None or re.fullmatch(r"[0-9a-f]{40}", bundle.revision)
    names = [file.name for file in bundle.files]
    assert {"config.json", "model.safetensors"} <= set(names)
    assert len(set(names)) == len(names)
    for file in bundle.files:
        assert file.name.endswith(SAFE_SUFFIXES)
        assert "/" not in file.name
        assert file.sha256 is None or re.fullmatch(r"[0-9a-f]{64}", file.sha256)
    assert sum(file.size_bytes or 0 for file in bundle.files) < bundle.limit_bytes
    if any(file.sha256 for file in bundle.files):
        assert bundle.revision, "a hash without its commit says little"


def test_commits_are_of_different_repositories():
    commits = [bundle.revision for bundle in BUNDLES if bundle.revision]
    assert len(set(commits)) == len(commits)


def test_weights_differ():
    digests = [
        file.sha256 for bundle in BUNDLES for file in bundle.files
        if file.name == "model.safetensors" and file.sha256
    ]  # fmt: skip
    digests += [entry.sha256 for entry in NEURAL if isinstance(entry, Entry)]
    assert len(set(digests)) == len(digests) >= 10


def test_what_asks_for_terms_says_so():
    by_name = {entry.name: entry for entry in NEURAL}
    assert by_name["sam3"].gated
    assert "SAM License" in by_name["sam3"].licence
    assert not by_name["lama-anime"].commercial
    assert [entry.name for entry in BUNDLES if entry.gated] == ["sam3"]


def test_nothing_under_the_agpl_is_fetched():
    assert not [entry.name for entry in NEURAL if "GPL" in entry.licence]
    assert not [name for name in NAMES if "yolo" in name]


def test_archives_are_marked():
    for entry in NEURAL:
        if isinstance(entry, Entry):
            assert entry.source.url.startswith("https://")
            assert entry.source.tensors_only is entry.file.endswith((".pt", ".ckpt"))
