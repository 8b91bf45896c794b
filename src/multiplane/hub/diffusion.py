"""The diffusion pipelines of the table: Stable Diffusion 1.5, 2 and XL, for holes and without.

Of each the weights in half precision are taken: they are what networks compute with on a GPU, and
half of what is to be fetched. Commits, hashes and sizes are those that public projects pin for
themselves.
"""

from __future__ import annotations

from multiplane.hub.entries import Bundle, BundleFile

_SD = "Robin Rombach et al., Latent Diffusion, arXiv 2112.10752"
_SDXL = "Dustin Podell et al., SDXL, arXiv 2307.01952"
_OPENRAIL_M = "CreativeML OpenRAIL-M, with use restrictions"
_OPENRAIL_PP = "CreativeML OpenRAIL++-M, with use restrictions"
_ALLOWANCE_BYTES = 20 * 10**6
"""What configurations and tokenizers may hold."""

_UNET = "unet/diffusion_pytorch_model.fp16.safetensors"
_VAE = "vae/diffusion_pytorch_model.fp16.safetensors"
_WORDS = "text_encoder/model.fp16.safetensors"
_WORDS_2 = "text_encoder_2/model.fp16.safetensors"
_SD_WORDS = BundleFile(
    _WORDS, "77795e2023adcf39bc29a884661950380bd093cf0750a966d473d1718dc9ef4e", 246_144_864
)
_SD_VAE = BundleFile(
    _VAE, "4fbcf0ebe55a0984f5a5e00d8c4521d52359af7229bb4d81890039d2aa16dd7c", 167_335_342
)

WITHDRAWN = {
    "stabilityai/stable-diffusion-2-inpainting": "sd2-inpainting",
    "runwayml/stable-diffusion-inpainting": "sd15-inpainting",
    "runwayml/stable-diffusion-v1-5": "sd15",
}
"""Repositories that their makers took away → what holds the same weights."""


def _pipeline(
    name: str, title: str, repository: str, revision: str, weights: tuple[BundleFile, ...],
    licence: str, purpose: str,
) -> Bundle:  # fmt: skip
    large = "xl" in name
    size = sum(file.size_bytes or 0 for file in weights)
    return Bundle(
        name=name,
        title=title,
        repository=repository,
        revision=revision,
        files=(BundleFile("model_index.json"), *_small(large), *weights),
        limit_bytes=size + _ALLOWANCE_BYTES,
        licence=licence,
        commercial=True,
        credit=_SDXL if large else _SD,
        purpose=purpose,
    )


def _small(large: bool) -> tuple[BundleFile, ...]:
    """Configurations and tokenizers."""
    configs = ["scheduler/scheduler_config.json", "unet/config.json", "vae/config.json"]
    for end in ("", "_2") if large else ("",):
        configs.append(f"text_encoder{end}/config.json")
        configs += [
            f"tokenizer{end}/{name}"
            for name in (
                "merges.txt",
                "special_tokens_map.json",
                "tokenizer_config.json",
                "vocab.json",
            )
        ]
    return tuple(BundleFile(name) for name in sorted(configs))


DIFFUSION: tuple[Bundle, ...] = (
    _pipeline(
        "sd15-inpainting", "Stable Diffusion 1.5, trained further for inpainting",
        "stable-diffusion-v1-5/stable-diffusion-inpainting",
        "8a4288a76071f7280aedbdb3253bdb9e9d5d84bb",
        (
            _SD_WORDS,
            BundleFile(
                _UNET, "24b788b4a777748377cc20364eea4ae113c8c42f4468c16bc8c02fdae5492af9",
                1_719_154_104,
            ),
            _SD_VAE,
        ),
        _OPENRAIL_M, "paints holes at 512 px: model: sd15-inpainting",
    ),
    _pipeline(
        "sd2-inpainting", "Stable Diffusion 2, trained further for inpainting",
        "sd2-community/stable-diffusion-2-inpainting",
        "5f74973cbb64c8568780732c17f43eb269d63a0d",
        (
            BundleFile(
                _WORDS, "681c555376658c81dc273f2d737a2aeb23ddb6d1d8e5b3a7064636d359a22668",
                680_821_096,
            ),
            BundleFile(
                _UNET, "29a698f37775d5904a958c9cebed98184483dfb441729a8e5f98dd5b65df70c8",
                1_731_933_536,
            ),
            BundleFile(
                _VAE, "3e4c08995484ee61270175e9e7a072b66a6e4eeb5f0c266667fe1f45b90daf9a",
                167_335_342,
            ),
        ),
        _OPENRAIL_PP, "paints holes at 512 px; the default of the backend diffusion",
    ),
    _pipeline(
        "sdxl-inpainting", "Stable Diffusion XL 1.0, trained further for inpainting",
        "diffusers/stable-diffusion-xl-1.0-inpainting-0.1",
        "115134f363124c53c7d878647567d04daf26e41e",
        (
            BundleFile(
                _WORDS, "fc83cf401d930147807e7c44021c164bcc5508c9d4cc0ff35f4e354685ca9cd0",
                246_144_867,
            ),
            BundleFile(
                _WORDS_2, "a8622bd41f8d359df484fdf9de091edb9337a2fd747f0a5c9c320a62e24d1fd3",
                1_389_382_884,
            ),
            BundleFile(
                _UNET, "6470840731e98cc16713ddf3ac7ee458c9fdbcb881a98c6727cd4a938f227d3f",
                5_135_178_560,
            ),
            BundleFile(
                _VAE, "4ad62825e5c8b31eefb77355ba6693785619bf7d669d9b1a6fd9f19dec6d65b3",
                167_335_338,
            ),
        ),
        _OPENRAIL_PP, "paints holes at 1024 px: model: sdxl-inpainting",
    ),
    _pipeline(
        "sd15", "Stable Diffusion 1.5", "stable-diffusion-v1-5/stable-diffusion-v1-5",
        "451f4fe16113bff5a5d2269ed5ad43b0592e9a14",
        (
            _SD_WORDS,
            BundleFile(
                _UNET, "c83908253f9a64d08c25fc90874c9c8aef9a329ce1ca5fb909d73b0c83d1ea21",
                1_719_125_304,
            ),
            _SD_VAE,
        ),
        _OPENRAIL_M, "pictures from words, and holes by blending latents, at 512 px",
    ),
    _pipeline(
        "sdxl", "Stable Diffusion XL 1.0", "stabilityai/stable-diffusion-xl-base-1.0",
        "462165984030d82259a11f4367a4eed129e94a7b",
        (
            BundleFile(
                _WORDS, "660c6f5b1abae9dc498ac2d21e1347d2abdb0cf6c0c0c8576cd796491d9a6cdd",
                246_144_152,
            ),
            BundleFile(
                _WORDS_2, "ec310df2af79c318e24d20511b601a591ca8cd4f1fce1d8dff822a356bcdb1f4",
                1_389_382_176,
            ),
            BundleFile(
                _UNET, "83e012a805b84c7ca28e5646747c90a243c65c8ba4f070e2d7ddc9d74661e139",
                5_135_149_760,
            ),
            BundleFile(
                _VAE, "bcb60880a46b63dea58e9bc591abe15f8350bde47b405f9c38f4be70c6161e68",
                167_335_342,
            ),
        ),
        _OPENRAIL_PP, "pictures from words, and holes by blending latents, at 1024 px",
    ),
)  # fmt: skip
"""Folders of diffusers."""


def configurations(bundle: Bundle) -> Bundle:
    """The same without weights: what a single file with all weights is loaded with.

    Args:
        bundle: One of :data:`DIFFUSION`.

    Returns:
        A bundle that lives in a folder of its own.
    """
    files = tuple(file for file in bundle.files if not file.name.endswith(".safetensors"))
    return Bundle(
        name=f"{bundle.name}-config",
        title=f"{bundle.title}, its configurations",
        repository=bundle.repository,
        revision=bundle.revision,
        files=files,
        limit_bytes=_ALLOWANCE_BYTES,
        licence=bundle.licence,
        commercial=bundle.commercial,
        credit=bundle.credit,
        purpose="what a single file with all weights is loaded with",
    )
