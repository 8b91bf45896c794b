"""The neural networks of the table: segmentation, tracking, detection, mattes, inpainting."""

from __future__ import annotations

from multiplane.hub.entries import Bundle, BundleFile, Entry, Known
from multiplane.hub.sources import UrlSource

_SAM2 = "Nikhila Ravi et al., SAM 2, arXiv 2408.00714"
_VITMATTE = "Jingfeng Yao et al., ViTMatte, arXiv 2305.15272"
_LAMA = "Roman Suvorov et al., LaMa, arXiv 2109.07161"
_RELEASES = "https://github.com/Sanster/models/releases/download"

_SAM_FILES = (
    BundleFile("config.json"),
    BundleFile("model.safetensors"),
    BundleFile("preprocessor_config.json"),
    BundleFile("processor_config.json"),
    BundleFile("video_preprocessor_config.json", needed=False),
)
_MODEL_FILES = (
    BundleFile("config.json"),
    BundleFile("model.safetensors"),
    BundleFile("preprocessor_config.json"),
)


def _sam2(size: str, revision: str | None, limit_mb: int, purpose: str) -> Bundle:
    return Bundle(
        name=f"sam2.1-{size}",
        title=f"SAM 2.1 Hiera {size.replace('-', ' ')}, segmentation and tracking",
        repository=f"facebook/sam2.1-hiera-{size}",
        revision=revision,
        files=_SAM_FILES,
        limit_bytes=limit_mb * 10**6,
        licence="Apache-2.0",
        commercial=True,
        credit=_SAM2,
        purpose=purpose,
    )


NEURAL: tuple[Known, ...] = (
    _sam2("tiny", None, 200, "masks and tracks, the smallest of SAM 2.1"),
    _sam2("small", None, 250, "masks and tracks, small"),
    _sam2("base-plus", None, 400, "masks and tracks, middle"),
    _sam2(
        "large", "665f8e2ad61cf5f53d65644ff27c8ee525124610", 1000,
        "masks and tracks, the best of SAM 2.1",
    ),
    Bundle(
        name="edgetam",
        title="EdgeTAM, segmentation and tracking on small machines",
        repository="yonigozlan/EdgeTAM-hf",
        revision=None,
        files=_SAM_FILES,
        limit_bytes=100 * 10**6,
        licence="Apache-2.0",
        commercial=True,
        credit="Chong Zhou et al., EdgeTAM, arXiv 2501.07256",
        purpose="masks and tracks where there is no large GPU",
    ),
    Bundle(
        name="vitmatte-small",
        title="ViTMatte-S, trained on Composition-1k",
        repository="hustvl/vitmatte-small-composition-1k",
        revision=None,
        files=_MODEL_FILES,
        limit_bytes=150 * 10**6,
        licence="Apache-2.0",
        commercial=True,
        credit=_VITMATTE,
        purpose="soft edges, hair and fur from a trimap",
    ),
    Entry(
        name="big-lama",
        title="big-lama, 18 blocks",
        kind="models",
        source=UrlSource(f"{_RELEASES}/add_big_lama/big-lama.pt", tensors_only=True),
        file="big-lama.pt",
        sha256="344c77bbcb158f17dd143070d1e789f38a66c04202311ae3a258ef66667a9ea9",
        size_bytes=205_669_692,
        licence="Apache-2.0",
        commercial=True,
        credit=_LAMA,
        purpose="fills what nobody saw behind a character",
    ),
)  # fmt: skip
