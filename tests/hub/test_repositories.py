import sys
import types

import pytest

from multiplane.core.errors import ConfigError, MissingDependencyError, WeightsError
from multiplane.hub import repositories
from multiplane.hub.repositories import Listed, fetch_file, fetch_into, look_at
from multiplane.hub.sources import HubSource

PINNED = HubSource("owner/name", "0123456789" * 4, "model.safetensors")


@pytest.fixture
def package(monkeypatch, tmp_path):
    """Stand in for huggingface_hub."""
    held = tmp_path / "held"
    held.write_bytes(b"weights")
    module = types.ModuleType("huggingface_hub")
    module.calls = []

    def download(repository, file, revision):
        module.calls.append((repository, file, revision))
        return str(held)

    module.hf_hub_download = download
    monkeypatch.setitem(sys.modules, "huggingface_hub", module)
    monkeypatch.setattr(repositories, "find_spec", lambda _: object())
    return module


def test_the_pinned_revision_is_asked_for(tmp_path, package):
    fetch_file(PINNED, tmp_path / "out", 7)
    assert (tmp_path / "out").read_bytes() == b"weights"
    assert package.calls == [(PINNED.repository, PINNED.file, PINNED.revision)]


def test_a_branch_is_no_revision(tmp_path):
    with pytest.raises(ConfigError, match="'main' of owner/name is not pinned") as caught:
        fetch_file(HubSource("owner/name", "main", "model.safetensors"), tmp_path / "out", 7)
    assert caught.value.fix == "name the full commit, 40 hex digits"


@pytest.mark.parametrize("file", ["model.bin", "model.pth", "model.ckpt", "model.pkl"])
def test_pickles_are_refused(tmp_path, file):
    with pytest.raises(ConfigError, match="is not one of") as caught:
        fetch_file(HubSource("owner/name", "0" * 40, file), tmp_path / "out", 7)
    assert ".safetensors" in caught.value.fix


def test_the_package_is_optional(tmp_path, monkeypatch):
    monkeypatch.setattr(repositories, "find_spec", lambda _: None)
    with pytest.raises(MissingDependencyError, match="huggingface_hub") as caught:
        fetch_file(PINNED, tmp_path / "out", 7)
    assert caught.value.fix == (
        "pip install huggingface_hub, or all of it: pip install 'multiplane[neural]'"
    )


def test_its_errors_become_ours(tmp_path, package):
    def fail(*_, **__):
        raise OSError("no network\nlong story")

    package.hf_hub_download = fail
    with pytest.raises(WeightsError, match="cannot fetch") as caught:
        fetch_file(PINNED, tmp_path / "out", 7)
    assert caught.value.why == "no network"


def test_too_large_is_refused(tmp_path, package):
    with pytest.raises(WeightsError, match="has 7 bytes, wanted 3"):
        fetch_file(PINNED, tmp_path / "out", 3)
    assert package.calls


def test_looking_names_a_commit_and_what_is_there(hub):
    listing = look_at("owner/name", None)
    assert listing.revision == hub.branch
    assert listing.files["config.json"] == Listed(2, None)
    assert listing.files["model.safetensors"].size_bytes == 800
    assert len(listing.files["model.safetensors"].sha256) == 64
    assert look_at("owner/name", "c" * 40).revision == "c" * 40


def test_looking_at_a_branch_is_refused(hub):
    with pytest.raises(ConfigError, match="'main' of owner/name is not pinned") as caught:
        look_at("owner/name", "main")
    assert caught.value.fix == "name the full commit, 40 hex digits"
    hub.branch = "main"
    with pytest.raises(WeightsError, match="named no commit"):
        look_at("owner/name", None)


def test_a_file_goes_into_a_folder(tmp_path, hub):
    path = fetch_into("owner/name", "c" * 40, "config.json", tmp_path)
    assert path == tmp_path / "config.json"
    assert path.read_bytes() == b"{}"
    with pytest.raises(ConfigError, match="not pinned"):
        fetch_into("owner/name", "main", "config.json", tmp_path)
    with pytest.raises(ConfigError, match="is not one of") as caught:
        fetch_into("owner/name", "c" * 40, "pytorch_model.bin", tmp_path)
    assert caught.value.fix == "name the .safetensors file of the same repository"


@pytest.mark.parametrize(
    ("kind", "fix"),
    [
        (
            "GatedRepoError",
            "accept the terms at https://huggingface.co/owner/name, then log in: hf auth login",
        ),
        (
            "RepositoryNotFoundError",
            "open https://huggingface.co/owner/name in a browser, and log in where it asks for "
            "it: hf auth login",
        ),
        ("HfHubHTTPError", ""),
    ],
)
def test_refusals_say_what_to_do(tmp_path, hub, kind, fix):
    hub.failure = type(kind, (OSError,), {})("\n401 Client Error\nlong story")
    for ask in (
        lambda: look_at("owner/name", None),
        lambda: fetch_into("owner/name", "c" * 40, "config.json", tmp_path),
    ):
        with pytest.raises(WeightsError, match="owner/name") as caught:
            ask()
        assert caught.value.fix == fix
    if not fix:
        assert caught.value.why == "401 Client Error"


def test_the_real_refusals_have_these_names():
    errors = pytest.importorskip("huggingface_hub.errors", reason="needs 'multiplane[neural]'")
    assert issubclass(errors.GatedRepoError, errors.RepositoryNotFoundError)
    assert issubclass(errors.RepositoryNotFoundError, OSError)
    assert issubclass(errors.OfflineModeIsEnabled, OSError)
    assert issubclass(errors.HFValidationError, ValueError)
