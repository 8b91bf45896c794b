import hashlib
import json
import os
import subprocess
import sys
import threading
import types
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

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


class Answers(BaseHTTPRequestHandler):
    """A model hub on this machine, as far as the real client asks."""

    files: ClassVar = {"config.json": b"{}", "model.safetensors": b"tensors " * 1000}

    def log_message(self, *_):
        """Keep silent."""

    def do_GET(self):
        self._answer(with_body=True)

    def do_HEAD(self):
        self._answer(with_body=False)

    def _answer(self, with_body):
        path = self.path.partition("?")[0]
        name = path.rsplit("/", 1)[1]
        if path == "/api/models/owner/name":
            body = json.dumps({"id": "owner/name", "sha": "c" * 40, "siblings": [*self._listed()]})
            self._send(200, {"Content-Type": "application/json"}, body.encode(), with_body)
        elif path in self._places(name):
            held = self.files[name]
            tag = f'"{hashlib.sha256(held).hexdigest()}"'
            self._send(200, {"X-Repo-Commit": "c" * 40, "ETag": tag}, held, with_body)
        elif "/owner/closed" in path:
            self._send(403, {"X-Error-Code": "GatedRepo"}, b"", with_body)
        else:
            self._send(404, {"X-Error-Code": "RepoNotFound"}, b"", with_body)

    def _places(self, name):
        commits = ("c" * 40, "main") if name in self.files else ()
        return [f"/owner/name/resolve/{commit}/{name}" for commit in commits]

    def _listed(self):
        for name, held in self.files.items():
            row = {"rfilename": name, "size": len(held), "blobId": "0" * 40}
            if name.endswith(".safetensors"):
                sha256 = hashlib.sha256(held).hexdigest()
                row["lfs"] = {"sha256": sha256, "size": len(held), "pointerSize": 130}
            yield row

    def _send(self, status, headers, body, with_body):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": len(body)}.items():
            self.send_header(name, str(value))
        self.end_headers()
        if with_body:
            self.wfile.write(body)


CLIENT = """
import sys
from pathlib import Path
from multiplane.core.errors import WeightsError
from multiplane.hub.cache import choose_cache, choose_shared
from multiplane.hub.repositories import fetch_into, look_at
from multiplane.hub.shared import prove, snapshots
from huggingface_hub import hf_hub_download
from huggingface_hub.constants import HF_HUB_CACHE

choose_cache(Path(sys.argv[1]))
listing = look_at("owner/name", None)
print(listing.revision, sorted(listing.files))
for name, listed in listing.files.items():
    path = fetch_into("owner/name", listing.revision, name, Path(sys.argv[1]))
    assert path.stat().st_size == listed.size_bytes
    print(path.relative_to(sys.argv[1]), listed.sha256 and listed.sha256[:8])
for name in listing.files:
    hf_hub_download("owner/name", name)  # as other programs do, into their cache
choose_shared(Path(HF_HUB_CACHE))
[there] = snapshots("owner/name", None, Path(sys.argv[1]))
print(there.revision == listing.revision, prove(there, dict.fromkeys(listing.files), None))
for repository in ("owner/closed", "owner/absent"):
    try:
        look_at(repository, None)
    except WeightsError as error:
        print(error.what)
"""


def test_the_real_client_is_understood(tmp_path):
    pytest.importorskip("huggingface_hub", reason="needs pip install 'multiplane[neural]'")
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        done = subprocess.run(
            [sys.executable, "-c", CLIENT, str(tmp_path / "out")],
            env=os.environ | {
                "HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}",
                "HF_HOME": str(tmp_path / "home"), "NO_PROXY": "127.0.0.1", "HF_HUB_OFFLINE": "0",
            },
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        server.shutdown()
        thread.join()
    digest = hashlib.sha256(Answers.files["model.safetensors"]).hexdigest()[:8]
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        f"{'c' * 40} ['config.json', 'model.safetensors']",
        "config.json None",
        f"model.safetensors {digest}",
        "True True",
        "cannot look at owner/closed: its terms have not been accepted",
        "cannot look at owner/absent: the hub has no such repository, or hides it from this "
        "account",
    ]


def test_a_network_that_is_not_there_is_told(hub, tmp_path):
    """The network errors of the real client are no OSErrors."""
    hub.failure = type("ConnectError", (Exception,), {})("[Errno -2] Name or service not known")
    for ask in (
        lambda: look_at("owner/name", None),
        lambda: fetch_into("owner/name", "c" * 40, "config.json", tmp_path),
    ):
        with pytest.raises(WeightsError, match="owner/name") as caught:
            ask()
        assert caught.value.why == "[Errno -2] Name or service not known"
