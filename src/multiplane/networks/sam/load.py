"""Opening SAM 2.1, EdgeTAM and SAM 3 for single pictures, from a folder as they are published."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, TypeAlias

from transformers import EdgeTamModel, Sam2Model, Sam3TrackerModel

from multiplane.core.compute import Compute
from multiplane.core.errors import WeightsError
from multiplane.networks.pretrained import load_pretrained
from multiplane.networks.sam.folder import kind_of, open_processor
from multiplane.networks.sam.image import ImageSam
from multiplane.tensors.devices import pick_device
from multiplane.tensors.memory import Memory
from multiplane.tensors.precision import pick_dtype

Family: TypeAlias = Literal["sam2", "edgetam", "sam3"]

_KINDS: dict[str, tuple[Family, Any]] = {
    "sam2": ("sam2", Sam2Model),
    "sam2_video": ("sam2", Sam2Model),
    "edgetam": ("edgetam", EdgeTamModel),
    "edgetam_video": ("edgetam", EdgeTamModel),
    "sam3_tracker": ("sam3", Sam3TrackerModel),
    "sam3_tracker_video": ("sam3", Sam3TrackerModel),
    "sam3_video": ("sam3", Sam3TrackerModel),
}
"""``model_type`` of a config.json: what it is, and the class for its image part. What is published
says ``*_video`` and holds both; ``sam3_video`` holds the detector that takes words besides."""

VIDEO_ONLY = (
    "memory_",
    "mask_downsample",
    "object_pointer_proj",
    "temporal_positional_encoding_projection_layer",
    "spatial_perceiver",
    "no_memory_positional_encoding",
    "no_object_pointer",
    "occlusion_spatial_embedding_parameter",
    "detector_model.",
)
"""What a checkpoint may hold that a single picture does not need: memory, and SAM 3's detector.
Anything else that is not used is an error."""


def family_of(folder: Path) -> Family:
    """Which family a folder holds.

    Args:
        folder: Holds config.json.

    Returns:
        ``sam2``, ``edgetam`` or ``sam3``; a WeightsError when it is none of them.
    """
    return _known(folder)[0]


def check_family(folder: Path, wanted: str, model: str) -> None:
    """Make sure that a folder holds the family that a backend is named after.

    Args:
        folder: Holds config.json.
        wanted: The backend.
        model: How the user calls what is in the folder.

    Raises:
        WeightsError: It holds another.
    """
    family = family_of(folder)
    if family != wanted:
        raise WeightsError(
            f"{model} is a network of the kind {family!r}, the backend is {wanted!r}",
            why="what is said of a backend holds for its own network",
            fix=f"--backend {family}, with the same model",
        )


def open_image_sam(folder: Path, compute: Compute | None = None) -> ImageSam:
    """Open the image part of a SAM.

    Args:
        folder: Holds config.json, model.safetensors and processor_config.json or
            preprocessor_config.json: a repository of SAM 2.1, EdgeTAM or SAM 3 on this machine.
        compute: Where it runs and what it computes with.

    Returns:
        The network, on its device, with the preprocessing of the folder.

    A folder that holds another network, or lacks a file, is a
    :class:`~multiplane.core.errors.WeightsError`; CUDA that is not there a
    :class:`~multiplane.core.errors.ConfigError`.
    """
    compute = compute or Compute()
    device = pick_device(compute.device)
    family, cls = _known(folder)
    processor = open_processor(folder)
    model = load_pretrained(cls, folder, ignore_extra=VIDEO_ONLY)
    check_size(folder, processor, model)
    memory = Memory(device, compute.max_vram_gb)
    return ImageSam(model, processor, family, memory, pick_dtype(compute.precision, device))


def _known(folder: Path) -> tuple[Family, Any]:
    """What a folder holds, and the class for it.

    Raises:
        WeightsError: Another network.
    """
    kind = kind_of(folder)
    if kind not in _KINDS:
        raise WeightsError(
            f"{folder} holds a network of the kind {kind!r}, wanted one of: {', '.join(_KINDS)}",
            why="masks of single pictures are made by SAM 2.1, EdgeTAM and SAM 3",
            fix="name the folder of such a network, or its name: multiplane models list",
        )
    return _KINDS[kind]


def check_size(folder: Path, processor: Any, model: Any) -> None:  # noqa: ANN401
    """Make sure that processor and network speak of the same square.

    Raises:
        WeightsError: They do not.
    """
    size = getattr(processor, "size", None)
    sides = getattr(size, "height", None), getattr(size, "width", None)
    wanted = model.config.prompt_encoder_config.image_size
    if sides != (wanted, wanted):
        raise WeightsError(
            f"the processor in {folder} gives {sides[1]}x{sides[0]} px, the network takes "
            f"{wanted}x{wanted}",
            why="points would land beside what they point at",
            fix=f"put config.json and preprocessor_config.json of one network into {folder}",
        )
