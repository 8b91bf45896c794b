import pytest

from multiplane.hub.layout import (
    INDEX,
    choose_weights,
    files_of,
    lacking_weights,
    parts_of,
    variant_of,
)

DEEP = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": "0.30",
    "requires_safety_checker": True,
    "unet": ["diffusers", "UNet2DConditionModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "text_encoder_3": [None, None],
    "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
    "feature_extractor": ["transformers", "CLIPImageProcessor"],
    "../up": ["diffusers", "UNet2DConditionModel"],
}
W = "diffusion_pytorch_model"


def test_parts_are_those_that_are_used():
    assert parts_of(DEEP) == {
        "unet": ("diffusers", "UNet2DConditionModel"),
        "tokenizer": ("transformers", "CLIPTokenizer"),
    }


def test_files_are_those_of_the_parts():
    names = [
        INDEX, "README.md", "v1-5.ckpt", "unet/config.json", f"unet/{W}.safetensors",
        f"unet/{W}.fp16.safetensors", f"unet/{W}.bin", "unet/model.py", "tokenizer/vocab.json",
        "tokenizer/merges.txt", "safety_checker/model.safetensors", "vae/config.json",
        "unet/deep/config.json",
    ]  # fmt: skip
    assert files_of(DEEP, names) == [
        INDEX, "tokenizer/merges.txt", "tokenizer/vocab.json", "unet/config.json",
        f"unet/{W}.safetensors",
    ]  # fmt: skip
    assert f"unet/{W}.fp16.safetensors" in files_of(DEEP, names, prefer="fp16")


@pytest.mark.parametrize(
    ("names", "prefer", "chosen"),
    [
        ([f"{W}.safetensors", f"{W}.fp16.safetensors"], "", ([f"{W}.safetensors"], "")),
        ([f"{W}.safetensors", f"{W}.fp16.safetensors"], "fp16", ([f"{W}.fp16.safetensors"], "")),
        ([f"{W}.fp16.safetensors"], "", ([f"{W}.fp16.safetensors"], "")),
        (["model.safetensors"], "fp16", (["model.safetensors"], "")),
        (["model.non_ema.safetensors", "pytorch_model.bin"], "", ([], "")),
        (
            [
                "model-00002-of-00002.safetensors", "model-00001-of-00002.safetensors",
                "model.safetensors.index.json",
            ],
            "",
            (
                ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"],
                "model.safetensors.index.json",
            ),
        ),
        (
            [f"{W}.fp16-00001-of-00001.safetensors", f"{W}.safetensors.index.fp16.json"],
            "",
            ([f"{W}.fp16-00001-of-00001.safetensors"], f"{W}.safetensors.index.fp16.json"),
        ),
        (["model-00001-of-00002.safetensors"], "", ([], "")),
    ],
)  # fmt: skip
def test_one_set_of_weights_is_chosen(names, prefer, chosen):
    assert choose_weights(names, prefer) == chosen
    assert variant_of(names, prefer) == ("fp16" if any("fp16" in n for n in chosen[0]) else "")


def test_only_the_list_of_the_chosen_shards_is_taken():
    names = ["unet/config.json", f"unet/{W}.safetensors", f"unet/{W}.safetensors.index.fp16.json"]
    assert files_of(DEEP, names) == ["unet/config.json", f"unet/{W}.safetensors"]


def test_pickles_alone_are_told():
    names = ["unet/config.json", f"unet/{W}.bin", "tokenizer/vocab.json"]
    assert lacking_weights(DEEP, names) == ["unet"]
    assert lacking_weights(DEEP, [*names, f"unet/{W}.fp16.safetensors"]) == []
