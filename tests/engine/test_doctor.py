import dataclasses
from types import SimpleNamespace

import pytest

from multiplane.core import plugins
from multiplane.core.errors import ConfigError
from multiplane.engine import doctor, machine
from multiplane.engine.recipe import recipe_text
from multiplane.hub import cache, table, weights

SHA_OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.fixture
def tiny(monkeypatch):
    entry = dataclasses.replace(
        table.MODELS["u2netp"], name="tiny", file="tiny.onnx", sha256=SHA_OF_ABC, size_bytes=3
    )
    monkeypatch.setitem(table.MODELS, "tiny", entry)


@pytest.fixture
def recipe(monkeypatch):
    """A recipe of three stages, two of which use the same weights."""
    names = [None, ("tiny",), ("tiny",)]
    stages = [
        SimpleNamespace() if n is None else SimpleNamespace(weights=lambda _, n=n: n) for n in names
    ]
    steps = [SimpleNamespace(stage=stage, options=None) for stage in stages]
    monkeypatch.setattr(
        doctor, "load_recipe", lambda _: SimpleNamespace(steps=lambda: tuple(steps))
    )


@pytest.mark.usefixtures("tiny", "recipe")
def test_everything_is_looked_at(tmp_path):
    checks = doctor.examine("any", tmp_path / "out", tmp_path / "cache")
    names = [check.name for check in checks]
    assert len(set(names)) == len(names)
    for name in ("python", "processors", "memory", "disk", "gpu", "weights tiny",
                 "networks here", "sample clip bigbuckbunny", "codec libx264",
                 "extra perceptual"):  # fmt: skip
        assert name in names
    assert not list(tmp_path.iterdir()), "looking changes nothing"
    for check in checks:
        assert check.found
        assert check.fix or check.state == "ok"


@pytest.mark.usefixtures("tiny", "recipe")
def test_the_weights_of_a_recipe():
    assert doctor.weights_of("any") == ["tiny"]


def test_looking_for_weights_fetches_none(monkeypatch, tmp_path):
    def refuse(*words, **more):
        raise AssertionError("nothing is fetched to find out")

    monkeypatch.setattr(weights, "find", refuse)
    assert doctor.weights_of("clean-backgrounds") == ["u2netp"]
    checks = doctor.examine("clean-backgrounds", tmp_path / "out", tmp_path / "cache")
    assert "weights u2netp" in {check.name for check in checks}
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("free", "state"), [(20 * 10**9, "ok"), (2 * 10**9, "warn"), (10**8, "missing")]
)
def test_disk(monkeypatch, tmp_path, free, state):
    monkeypatch.setattr(machine, "disk_free_bytes", lambda _: free)
    check = doctor.check_disk(tmp_path)
    assert check.state == state
    assert f"{free / 1e9:.1f} GB free" in check.found
    if state != "ok":
        assert check.fix == "free some space, or choose another disk with -o"


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    check = doctor.check_disk(tmp_path / "file")
    assert check.state == "missing"
    assert check.fix.startswith("choose another folder with -o")


@pytest.mark.parametrize(("size", "state"), [(2**31, "warn"), (2**34, "ok"), (None, "ok")])
def test_memory(monkeypatch, size, state):
    monkeypatch.setattr(machine, "memory_bytes", lambda: size)
    assert doctor.check_memory().state == state


def test_gpu(monkeypatch):
    monkeypatch.setattr(machine, "gpus", list)
    assert doctor.check_gpu().state == "ok"
    assert "none is needed" in doctor.check_gpu().found

    monkeypatch.setattr(machine, "gpus", lambda: [machine.Gpu("H100", "80 GiB", "550")])
    monkeypatch.setattr(doctor, "find_spec", lambda _: None)
    assert "torch is not installed" in doctor.check_gpu().found

    monkeypatch.setattr(doctor, "find_spec", lambda _: object())
    monkeypatch.setattr(doctor, "version", lambda _: "2.9")
    monkeypatch.setattr(doctor, "load", lambda _: lambda: None)
    check = doctor.check_gpu()
    assert check.state == "warn"
    assert check.fix == "install the build of torch that fits the driver"
    monkeypatch.setattr(doctor, "load", lambda _: lambda: "H100, 80 GiB")
    assert doctor.check_gpu().state == "ok"


@pytest.mark.usefixtures("tiny")
def test_weights(monkeypatch, tmp_path):
    check = doctor.check_weights("tiny", tmp_path)
    assert (check.state, check.fix) == ("warn", "multiplane models pull tiny")
    assert "at first use" in check.found

    monkeypatch.setattr(doctor, "clients", list)
    check = doctor.check_weights("tiny", tmp_path)
    path = tmp_path / "models" / "tiny" / "tiny.onnx"
    assert check.state == "missing"
    assert check.fix.startswith("pip install uv, then: multiplane models pull tiny; or with a net")
    assert f"at {path}, or as tiny.onnx into a folder" in check.fix

    path.parent.mkdir(parents=True)
    path.write_bytes(b"abc")
    assert doctor.check_weights("tiny", tmp_path).state == "ok"
    path.write_bytes(b"damaged")
    check = doctor.check_weights("tiny", tmp_path)
    assert check.state == "missing"
    assert check.fix.startswith("delete it and type: multiplane models pull tiny")
    with pytest.raises(ConfigError):
        doctor.check_weights("no-such")


def test_weights_of_ones_own(tmp_path):
    own = tmp_path / "net.onnx"
    own.write_bytes(b"abc")
    assert doctor.check_weights(str(own)) == doctor.Check(
        f"weights {own}", "ok", f"{own}, your own"
    )
    check = doctor.check_weights(str(tmp_path / "absent"))
    assert check.state == "missing"
    assert check.fix.startswith("name an existing file or folder of weights")


def test_weights_of_a_model_hub(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "find_spec", lambda _: object())
    check = doctor.check_weights("sam2.1-tiny", tmp_path)
    assert (check.state, check.fix) == ("warn", "multiplane models pull sam2.1-tiny")
    assert "huggingface_hub fetches 155.9 MB" in check.found
    monkeypatch.setattr(doctor, "find_spec", lambda _: None)
    check = doctor.check_weights("sam2.1-tiny", tmp_path)
    assert check.state == "missing"
    assert check.fix.startswith(
        "pip install 'multiplane[neural]', then: multiplane models pull sam2.1-tiny; or with a net"
    )
    assert "export MULTIPLANE_MODELS=FOLDER" in check.fix
    assert doctor.check_weights("big-lama", tmp_path).state == "warn", "needs no client"


@pytest.mark.usefixtures("tiny")
def test_networks_that_are_here(tmp_path):
    check = doctor.check_networks(tmp_path)
    assert (check.state, check.fix) == ("ok", "")
    assert check.found == f"none of {len(table.MODELS)}; all: multiplane models list"
    path = tmp_path / "models" / "tiny" / "tiny.onnx"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"abc")
    cache.choose_models(tmp_path / "own")
    try:
        found = doctor.check_networks(tmp_path).found
    finally:
        cache.choose_models(None)
    assert found.startswith(f"tiny of {len(table.MODELS)}; looked in {tmp_path / 'own'}, too")
    path.write_bytes(b"damaged")
    check = doctor.check_networks(tmp_path)
    assert (check.state, check.fix) == ("warn", "multiplane models where tiny")
    assert "is not tiny" in check.found


def test_codecs(monkeypatch):
    monkeypatch.setattr(machine, "encoder_there", lambda codec: codec != "aac")
    states = {check.name: check for check in doctor.check_codecs()}
    assert states["codec aac"].state == "warn"
    assert states["codec aac"].fix == "pip install --force-reinstall --only-binary av av"
    assert states["codec ffv1"].state == "ok"


@pytest.mark.parametrize(("why", "found"), [
    ("no NVIDIA driver was found", "none: no NVIDIA driver was found; the processor encodes"),
    ("", "H.264 and H.265 by the card"),
])  # fmt: skip
def test_the_card_s_encoder(monkeypatch, why, found):
    monkeypatch.setattr(machine, "no_nvenc", lambda: why)
    (check,) = [check for check in doctor.check_codecs() if check.name == "codec nvenc"]
    assert (check.state, check.found) == ("ok", found)


def test_extras(monkeypatch):
    monkeypatch.setattr(doctor, "find_spec", lambda name: None if name == "lpips" else object())
    (check,) = [c for c in doctor.check_extras() if c.name == "extra perceptual"]
    assert (check.state, check.fix) == ("ok", ""), "there is nothing to mend"
    for word in ("it adds LPIPS", "uv sync --extra perceptual", "'multiplane[perceptual]'"):
        assert word in check.found
    monkeypatch.setattr(doctor, "find_spec", lambda _: object())
    assert "not installed" not in next(iter(doctor.check_extras())).found


def test_every_extra_has_a_purpose():
    assert set(doctor.PURPOSES) == set(plugins.EXTRAS.values())


def test_sample_clip(monkeypatch, tmp_path):
    entry = dataclasses.replace(
        table.MEDIA["bigbuckbunny"], name="tiny", file="t.mp4", sha256=SHA_OF_ABC, size_bytes=3
    )
    monkeypatch.setitem(table.MEDIA, "tiny", entry)
    check = doctor.check_clip("tiny", tmp_path)
    assert check.state == "ok"
    assert "for the demo" in check.found

    path = tmp_path / "media" / "tiny" / "t.mp4"
    monkeypatch.setattr(doctor, "clients", list)
    check = doctor.check_clip("tiny", tmp_path)
    assert (check.state, check.fix) == ("warn", f"pip install uv; or put t.mp4 at {path}")

    path.parent.mkdir(parents=True)
    path.write_bytes(b"abc")
    assert doctor.check_clip("tiny", tmp_path).found.startswith(str(path))
    path.write_bytes(b"damaged")
    check = doctor.check_clip("tiny", tmp_path)
    assert (check.state, check.fix) == ("warn", f"rm {path}; multiplane demo fetches it again")
    with pytest.raises(ConfigError):
        doctor.check_clip("no-such")


@pytest.mark.parametrize("kind", ["patchmatch", "lama"])
def test_what_auto_would_take_for_pictures(kind, monkeypatch, tmp_path):
    def decide(backend):
        assert backend.kind == "auto"
        return SimpleNamespace(kind=kind, why="for diffusion, no weights")

    monkeypatch.setattr(doctor, "load", {"multiplane.restore.candidates.choice:decide": decide}.get)
    (check,) = doctor.check_restoration("restore-artwork")
    assert check.name == "candidates by"
    assert check.found == f"{kind}: for diffusion, no weights"
    if kind == "lama":
        assert (check.state, check.fix) == ("ok", "")
    else:
        assert check.state == "warn"
        assert check.fix.endswith("multiplane models pull sd2-inpainting (or big-lama)")


def test_a_backend_that_was_asked_for_is_no_reason_to_warn(tmp_path):
    text = recipe_text("restore-artwork").replace(
        "options: {}", "options: {backend: patchmatch}", 1
    )
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    (check,) = doctor.check_restoration(path)
    assert (check.state, check.found) == ("ok", "patchmatch: asked for")
    assert list(doctor.check_restoration("vr180-matte")) == []
