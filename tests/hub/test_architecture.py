from pathlib import Path

import pytest
from made_headers import FIRST, WORDS, write_header

from multiplane.core.errors import WeightsError
from multiplane.hub.architecture import architecture_of, shapes_of

FOLDER = "name the folder of diffusers of the same model instead, with model_index.json in it"


def test_shapes_are_read_from_the_header(tmp_path):
    path = write_header(tmp_path / "m.safetensors", {"a": [3], "b": [2, 1, 1]})
    assert shapes_of(path) == {"a": (3,), "b": (2, 1, 1)}


@pytest.mark.parametrize("content", [b"", b"1234567", b"PK\x03\x04 a zip", bytes(20)])
def test_other_files_are_told(tmp_path, content):
    path = tmp_path / "m.safetensors"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"is no whole \.safetensors file") as caught:
        shapes_of(path)
    assert caught.value.fix == "download it again, and compare its size with that on its page"


def test_a_header_that_is_too_long_is_not_read(tmp_path):
    path = tmp_path / "m.safetensors"
    path.write_bytes((2**40).to_bytes(8, "little") + b"{")
    with pytest.raises(WeightsError, match="is no whole") as caught:
        shapes_of(path)
    assert "length of its header" in caught.value.why


@pytest.mark.parametrize(("cut", "more"), [(4, b""), (0, b"more")])
def test_what_is_cut_off_is_told(tmp_path, cut, more):
    path = write_header(tmp_path / "m.safetensors", {"a": [3]}, cut, more)
    with pytest.raises(WeightsError) as caught:
        shapes_of(path)
    assert caught.value.why.endswith("bytes of numbers, its header says 12")


@pytest.mark.parametrize(
    ("words", "channels", "kind"),
    [
        ("sd15", 9, "sd15-inpainting"), ("sd15", 4, "sd15"), ("sd2", 9, "sd2-inpainting"),
        ("sdxl", 9, "sdxl-inpainting"), ("sdxl", 4, "sdxl"),
    ],
)  # fmt: skip
def test_architectures_are_told_apart(words, channels, kind):
    shapes = {FIRST: (320, channels, 3, 3), WORDS[words]: (768,)}
    assert architecture_of(shapes, Path("m.safetensors")) == kind


@pytest.mark.parametrize(
    ("shapes", "what", "fix"),
    [
        ({}, "holds no Stable Diffusion in the original layout", FOLDER),
        ({"down_blocks.0.conv.weight": (1,)}, "holds no Stable Diffusion", FOLDER),
        ({FIRST: (320, 9, 3, 3)}, "has no text encoder", FOLDER),
        (
            {FIRST: (320, 8, 3, 3), WORDS["sd15"]: (768,)}, "another kind of Stable Diffusion: 8",
            "name an inpainting checkpoint, or a plain one",
        ),
        (
            {FIRST: (384, 4, 3, 3), WORDS["refiner"]: (1280,)}, "4 input channels, a refiner",
            "name an inpainting checkpoint, or a plain one",
        ),
        (
            {FIRST: (320, 4, 3, 3), WORDS["sd2"]: (1024,)}, "does not say what it predicts",
            "name the folder of diffusers it was made from: config: FOLDER",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_told(shapes, what, fix):
    with pytest.raises(WeightsError, match=what) as caught:
        architecture_of(shapes, Path("m.safetensors"))
    assert caught.value.fix == fix
