import re

import pytest

from multiplane.hub.diffusion import DIFFUSION, WITHDRAWN, configurations
from multiplane.hub.layout import INDEX, choose_weights, files_of
from multiplane.hub.repositories import SAFE_SUFFIXES
from multiplane.hub.table import MODELS

PARTS = ("scheduler", "text_encoder", "tokenizer", "unet", "vae")
named = pytest.mark.parametrize("bundle", DIFFUSION, ids=lambda bundle: bundle.name)


def test_what_was_promised_is_in_the_table():
    assert [bundle.name for bundle in DIFFUSION] == [
        "sd15-inpainting", "sd2-inpainting", "sdxl-inpainting", "sd15", "sdxl",
    ]  # fmt: skip
    assert all(MODELS[bundle.name] is bundle for bundle in DIFFUSION)
    assert set(WITHDRAWN.values()) <= set(MODELS)
    assert WITHDRAWN["stabilityai/stable-diffusion-2-inpainting"] == "sd2-inpainting"


@named
def test_pipelines_are_whole_and_pinned(bundle):
    assert re.fullmatch(r"[0-9a-f]{40}", bundle.revision)
    names = [file.name for file in bundle.files]
    assert len(set(names)) == len(names)
    assert all(name.endswith(SAFE_SUFFIXES) for name in names)
    ends = ("", "_2") if "xl" in bundle.name else ("",)
    parts = {*PARTS, *(f"{part}{end}" for part in ("text_encoder", "tokenizer") for end in ends)}
    index = {part: ["diffusers", "Any"] for part in parts}
    assert files_of(index, names) == sorted(names), "all that is fetched is read"
    for part in parts - {"scheduler"} - {name for name in parts if "tokenizer" in name}:
        here = [name.rpartition("/")[2] for name in names if name.startswith(f"{part}/")]
        assert len(choose_weights(here)[0]) == 1
        assert "config.json" in here
    assert INDEX in names


@named
def test_weights_have_sizes_and_hashes(bundle):
    weights = [file for file in bundle.files if file.name.endswith(".safetensors")]
    assert all(re.fullmatch(r"[0-9a-f]{64}", file.sha256) and file.size_bytes for file in weights)
    held = sum(file.size_bytes for file in weights)
    assert held < bundle.limit_bytes < held + 10**8
    assert not bundle.size.startswith("<")


@named
def test_terms_are_told(bundle):
    assert bundle.commercial
    assert not bundle.gated
    assert "with use restrictions" in bundle.licence


@named
def test_configurations_are_small_and_apart(bundle):
    small = configurations(bundle)
    assert small.name == f"{bundle.name}-config"
    assert small.name not in MODELS
    assert (small.repository, small.revision) == (bundle.repository, bundle.revision)
    assert not any(file.name.endswith(".safetensors") for file in small.files)
    assert INDEX in [file.name for file in small.files]
    assert small.limit_bytes <= 20 * 10**6
