"""The neural networks of the table: segmentation, tracking, detection, mattes, inpainting.

Commits, hashes and sizes are those that public projects pin for themselves. What none of them has
written down is None here, and pinned when it is first pulled; a wrong one would be refused, never
used.
"""

from __future__ import annotations

from multiplane.hub.entries import Bundle, BundleFile, Entry, Known
from multiplane.hub.sources import UrlSource

_SAM2 = "Nikhila Ravi et al., SAM 2, arXiv 2408.00714"
_DFINE = "Yansong Peng et al., D-FINE, arXiv 2410.13842"
_RFDETR = "Isaac Robinson et al. (Roboflow), RF-DETR, arXiv 2511.09554"
_VITMATTE = "Jingfeng Yao et al., ViTMatte, arXiv 2305.15272"
_LAMA = "Roman Suvorov et al., LaMa, arXiv 2109.07161"
_RELEASES = "https://github.com/Sanster/models/releases/download"
_ALLOWANCE_BYTES = 20 * 10**6
"""What the small files of a repository may hold."""

_CONFIG = BundleFile("config.json")
_PREPROCESSOR = BundleFile("preprocessor_config.json")
_PROCESSOR = BundleFile("processor_config.json")
_SAM_PROCESSORS = (
    BundleFile(
        "preprocessor_config.json",
        "6ebf229ee259368ce4a8d4f2fe893a72b053023710853e257253939e601f583d", 683,
    ),
    BundleFile(
        "processor_config.json",
        "f8a68e865cfad115c1c2763f3d93eca7b1c622da06da2a9273eb437fb2389b6d", 95,
    ),
)  # fmt: skip
_SAM_VIDEO = BundleFile("video_preprocessor_config.json", needed=False)
_SAM_SMALL_VIDEO = BundleFile(
    "video_preprocessor_config.json",
    "9fccfe5f464ec38c2f236d0e6a68e95511c80c22132fc2fa4b9f7b65f24fad95", 705, needed=False,
)  # fmt: skip


def _weights(sha256: str | None = None, size_bytes: int | None = None) -> BundleFile:
    return BundleFile("model.safetensors", sha256, size_bytes)


def _sam2(
    size: str, revision: str, config: BundleFile, weights: BundleFile, video: BundleFile
) -> Bundle:
    return Bundle(
        name=f"sam2.1-{size}",
        title=f"SAM 2.1 Hiera {size.replace('-', ' ')}",
        repository=f"facebook/sam2.1-hiera-{size}",
        revision=revision,
        files=(config, weights, *_SAM_PROCESSORS, video),
        limit_bytes=(weights.size_bytes or 0) + _ALLOWANCE_BYTES,
        licence="Apache-2.0",
        commercial=True,
        credit=_SAM2,
        purpose=f"masks of everything, masks from prompts, tracks; the {size} one of four sizes",
    )


def _detector(
    name: str, title: str, repository: str, revision: str | None, weights: BundleFile
) -> Bundle:
    return Bundle(
        name=name,
        title=title,
        repository=repository,
        revision=revision,
        files=(_CONFIG, weights, _PREPROCESSOR),
        limit_bytes=(weights.size_bytes or 200 * 10**6) + _ALLOWANCE_BYTES,
        licence="Apache-2.0",
        commercial=True,
        credit=_DFINE if name.startswith("d-fine") else _RFDETR,
        purpose="boxes round people, animals and 78 other kinds of things (COCO)",
    )


def _vitmatte(
    name: str, repository: str, revision: str, files: tuple[BundleFile, ...], data: str
) -> Bundle:
    large = "base" in name
    return Bundle(
        name=name,
        title=f"ViTMatte-{'B' if large else 'S'}, trained on {data}",
        repository=f"hustvl/{repository}",
        revision=revision,
        files=files,
        limit_bytes=(450 if large else 130) * 10**6,
        licence="Apache-2.0",
        commercial=True,
        credit=_VITMATTE,
        purpose="soft edges, hair and fur" + (", with four times the parameters" if large else ""),
    )


NEURAL: tuple[Known, ...] = (
    _sam2(
        "tiny", "de431c4043854a71d8101e17995dfe596bf101a5",
        BundleFile(
            "config.json",
            "860aff9751b139d83a4ad7df1e5535416fded533e0ead02625edbefcb9953cce", 5695,
        ),
        _weights("48c14467e5cf9e51870511feb72c89688e82dd74523142c0538b663e193ac2a7", 155_908_064),
        _SAM_SMALL_VIDEO,
    ),
    _sam2(
        "small", "ee5bba1d82bb8749febdf90f45e84b687142ba03",
        BundleFile(
            "config.json",
            "97ff9f65b76d107acda4247885f0a5555d0048850ae3c5f97183df289aaecde9", 5698,
        ),
        _weights("0a4067b11ce1e23d5229203f11c718a823060d15a4b23fa2372a7d4b77cbbc60", 184_305_280),
        _SAM_SMALL_VIDEO,
    ),
    _sam2(
        "base-plus", "b7320756a13354e7530a63935656d35b2f91a290",
        BundleFile(
            "config.json",
            "8e24a93b6a40d4dad86eaec383ce7b4044f37ec6360136460f5ff2ce55f87390", 5705,
        ),
        _weights("2012733a0de5d03efd1bba550a2847c4551be9ef2e0d497c83074df66189f780", 323_476_296),
        _SAM_VIDEO,
    ),
    _sam2(
        "large", "665f8e2ad61cf5f53d65644ff27c8ee525124610",
        BundleFile(
            "config.json",
            "00446988cf4d617118d2d347eabe2c46aebed744628facdd540508be30b69ec3", 5705,
        ),
        _weights("dc407dce21301fd94abb395c5099b4f2c455fdc8a8f261ac3d0ea6d4cd197230", 897_897_416),
        _SAM_VIDEO,
    ),
    Bundle(
        name="edgetam",
        title="EdgeTAM",
        repository="yonigozlan/EdgeTAM-hf",
        revision="c266ce53b3fc00f0f495b583f6a116c4e57f53bb",
        files=(
            BundleFile(
                "config.json", "0827d003132f67efc496928f4fe5dd4125fcac518950c4eabe1d1f85e245c82a"
            ),
            _weights(
                "8858f8e4757b0b96dab8763f296ecffd845efbbbf698f64163cfa20a63d5fff4", 55_912_824
            ),
            BundleFile(
                "preprocessor_config.json",
                "247f7be8f3979e98bc8e89b94c3e6542f6f1506070c97fbcc983f53a64a9bf86",
            ),
            BundleFile(
                "processor_config.json",
                "f8a68e865cfad115c1c2763f3d93eca7b1c622da06da2a9273eb437fb2389b6d",
            ),
            BundleFile(
                "video_preprocessor_config.json",
                "0b05a4bdcd7bb31e7bc12d5882e6a4f4ea7fcc8063d2240ab225e57561658233",
                needed=False,
            ),
        ),
        limit_bytes=100 * 10**6,
        licence="Apache-2.0",
        commercial=True,
        credit="Chong Zhou et al., EdgeTAM, arXiv 2501.07256",
        purpose="masks and tracks as SAM 2 makes them, on small machines",
    ),
    Bundle(
        name="sam3",
        title="SAM 3",
        repository="facebook/sam3",
        revision="3c879f39826c281e95690f02c7821c4de09afae7",
        files=(
            _CONFIG,
            _weights(
                "6d06f0a5f84e435071fe6603e61d0b4cc7b40e0d39d487cfd4d67d8cc11cc14a", 3_439_938_512
            ),
            _PROCESSOR,
            BundleFile("tokenizer.json"),
            BundleFile("tokenizer_config.json"),
            BundleFile("special_tokens_map.json"),
            BundleFile("vocab.json"),
            BundleFile("merges.txt"),
        ),
        limit_bytes=3_500 * 10**6,
        licence="SAM License (Meta's own terms)",
        commercial=True,
        credit="Nicolas Carion et al. (Meta), SAM 3, arXiv 2511.16719",
        purpose="masks and tracks from words, too; wants a large GPU",
        gated=True,
    ),
    _detector(
        "d-fine-nano", "D-FINE-N", "ustc-community/dfine-nano-coco",
        "066438d3d8f0da137a37b38fdf3368fd4afceced",
        _weights("19e06bdc873da819920a8d373b879721a5b9759d822f8213220bb09abbdab58b", 15_278_996),
    ),
    _detector(
        "d-fine-small", "D-FINE-S", "ustc-community/dfine-small-coco",
        "f79e65b5fbb33ceb9d3ebba042955d7410c608f8",
        _weights("a144baff3a27bfd538fe37b11fa8d4fca5744b8c054b5301e7c699a1379cd18f", 41_497_620),
    ),
    _detector(
        "d-fine-medium", "D-FINE-M", "ustc-community/dfine-medium-coco",
        "4ab9f5e466432f4fcf9a9a023da6aa5ecc9c9829", _weights(),
    ),
    _detector(
        "d-fine-large", "D-FINE-L", "ustc-community/dfine-large-coco",
        "aa8f8211545e4cff5adf52ea512f9ac74a9824ec", _weights(),
    ),
    _detector(
        "rf-detr-nano", "RF-DETR nano", "Roboflow/rf-detr-nano",
        "9f201577d9415f0378084748d27e68586e6b3600", _weights(),
    ),
    _detector(
        "rf-detr-small", "RF-DETR small", "Roboflow/rf-detr-small",
        "3bdc465063270f99769da5a1b4c00c68bd2d439d",
        _weights("2bfab2fa5f5fcc4870e756c8dc8d2d5acca3a68ffcc0f7e84972661873eb5a1d", 128_504_496),
    ),
    _detector(
        "rf-detr-base", "RF-DETR base", "Roboflow/rf-detr-base",
        "7b95b089788e6c7db56d5ea9b0a07ca08ea6ac0a", _weights(),
    ),
    _detector(
        "rf-detr-medium", "RF-DETR medium", "Roboflow/rf-detr-medium",
        "1b5b672408f86dd38e05dd3cf3f2e0834e545a59",
        _weights("e52098adc46969794fbdd16e0548a62b81ba0c0f4b14392676edba50be9a69f6"),
    ),
    _detector(
        "rf-detr-large", "RF-DETR large", "Roboflow/rf-detr-large",
        "f62f7dd5252b61097cbace33886045816dadbde9",
        _weights("1ec604598aea748627eb5755a9989f3c80839fc7fb977a91bfba107ee76fcd7d", 135_795_376),
    ),
    _vitmatte(
        "vitmatte-small", "vitmatte-small-composition-1k",
        "6a58ad7646403c1df626fbd746900aec7361ea1d",
        (
            BundleFile(
                "config.json",
                "ae1006f5a83227048b563b2e60709d4203e432b2276949ebef41a8cfeeeaf45f", 837,
            ),
            _weights(
                "bda9289db1bb6762d978b42d1c62ae3f34daf7497171a347a1d09657efd788cb", 103_294_572
            ),
            BundleFile(
                "preprocessor_config.json",
                "0db558038b96a3f5c97e46d4ec8966fcc479e9aa58a391bca60b5094a5f7fee0", 284,
            ),
        ),
        "Composition-1k",
    ),
    _vitmatte(
        "vitmatte-small-distinctions", "vitmatte-small-distinctions-646",
        "6a0e75d7214b01f4d1163ede0f15b23afbbd480b",
        (_CONFIG, _weights(), _PREPROCESSOR), "Distinctions-646",
    ),
    _vitmatte(
        "vitmatte-base", "vitmatte-base-distinctions-646",
        "b58373f8dbbfbeb58157456e2e4949f9f872aa18",
        (_CONFIG, _weights(), _PREPROCESSOR), "Distinctions-646",
    ),
    Entry(
        name="big-lama",
        title="big-lama, the generator of 18 blocks trained on Places",
        kind="models",
        source=UrlSource(f"{_RELEASES}/add_big_lama/big-lama.pt", tensors_only=True),
        file="big-lama.pt",
        sha256="344c77bbcb158f17dd143070d1e789f38a66c04202311ae3a258ef66667a9ea9",
        size_bytes=205_669_692,
        licence="Apache-2.0",
        commercial=True,
        credit=_LAMA,
        purpose="fills what nobody saw",
        layouts=(
            "big-lama.safetensors",
            "big-lama/big-lama.safetensors",
            "big-lama/model.safetensors",
            "big-lama/models/best.ckpt",
            "big-lama/big-lama/models/best.ckpt",
        ),
    ),
    Entry(
        name="lama-anime",
        title="big-lama, trained further on anime and manga",
        kind="models",
        source=UrlSource(
            f"{_RELEASES}/AnimeMangaInpainting/anime-manga-big-lama.pt", tensors_only=True
        ),
        file="anime-manga-big-lama.pt",
        sha256="479d3afdcb7ed2fd944ed4ebcc39ca45b33491f0f2e43eb1000bd623cfb41823",
        size_bytes=205_717_870,
        licence="none stated",
        commercial=False,
        credit=f"{_LAMA}; trained further by dreMaz",
        purpose="fills drawn pictures: model: lama-anime",
        layouts=("lama-anime.safetensors", "lama-anime/model.safetensors"),
    ),
)  # fmt: skip
