"""Options of the backend ``diffusion``, and what it gives: several answers for one hole."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from multiplane.core.config import Also, Effort, Options, Words

LEAST_PX = 64
_SIZE = f"a whole number from {LEAST_PX} to 4096, or 0 for what the model was trained at"


class DiffusionOptions(Options):
    """Invents by denoising, led by the picture and words. Needs PyTorch and weights."""

    kind: Literal["diffusion"] = "diffusion"
    model: str = Field(
        default="sd2-inpainting",
        min_length=1,
        description="weights by name (multiplane models list); owner/name on the model hub; or a "
        "path: a folder of diffusers, a single .safetensors file. Inpainting checkpoints of "
        "SD 1.5, SD 2 and SDXL, plain ones of the same (their latents are blended round the "
        "hole), and other families of diffusers that have an inpainting pipeline",
    )
    config: str = Field(
        default="",
        description="folder of diffusers whose configurations and tokenizer a single file is "
        "loaded with; empty: those of the table's model of the same architecture",
    )
    lora: tuple[str, ...] = Field(
        default=(),
        description="LoRA files to add, kohya's or diffusers'; FILE@0.8 adds it with weight 0.8",
    )
    prompt: str = Field(
        default="", max_length=10_000, description="what to paint, in words; empty: what fits"
    )
    negative_prompt: str = Field(
        default="", max_length=10_000, description="what to keep away from; needs guidance above 1"
    )
    guidance: float = Field(
        default=5.0,
        ge=0.0,
        le=50.0,
        description="how closely the words are followed; 4 to 7 is usual, at 1 and below the "
        "network runs once a step instead of twice and the negative prompt has no effect",
    )
    steps: int = Field(default=30, ge=1, le=1000, description="denoising steps; 30 to 50 is usual")
    scheduler: Literal[
        "own", "ddim", "pndm", "euler", "euler-a", "heun", "dpm++", "dpm++-karras", "unipc", "lcm"
    ] = Field(default="own", description="how noise is taken away; own: as the model came")
    strength: float = Field(
        default=1.0,
        gt=0.0,
        le=1.0,
        description="how much of what lies in the hole is given up: 1 begins with noise alone, "
        "less keeps the shapes under the mask",
    )
    size_px: Annotated[int, Also("size"), Words(_SIZE)] = Field(
        default=0,
        ge=0,
        le=4096,
        description="side of the square whose area the model paints at once; 0: what it was "
        "trained at (512, 768, 1024). Smaller crops are enlarged to it; sides are brought to "
        "multiples of what the model wants inside, and the picture keeps its size",
    )
    max_shrink: float = Field(
        default=2.0,
        ge=1.0,
        le=64.0,
        description="crops are shrunk to size_px at most this much; larger ones are painted in "
        "overlapping tiles of size_px that are denoised together. 1: always at full detail",
    )
    overlap_px: int = Field(
        default=128,
        ge=16,
        le=1024,
        description="how far tiles overlap, in pixels as the model paints; at most half a tile",
    )
    vae_tile_px: Annotated[int, Effort()] = Field(
        default=1024,
        ge=0,
        le=8192,
        description="the autoencoder sees windows of at most this side; 0: the whole crop",
    )
    offload: Annotated[Literal["none", "model", "sequential"], Effort()] = Field(
        default="none",
        description="what waits in the memory of the CPU: nothing, networks that have nothing to "
        "do, or single layers (slow, a few GB of GPU memory are enough)",
    )
    attention_slicing: Annotated[bool, Effort()] = Field(
        default=False, description="attention in slices: slower, less memory"
    )

    @field_validator("size_px")
    @classmethod
    def _bound_size(cls, value: int) -> int:
        """0, or at least :data:`LEAST_PX`.

        Raises:
            ValueError: Less.
        """
        if 0 < value < LEAST_PX:
            raise ValueError(f"no model paints so little at once; wanted {_SIZE}")
        return value

    @field_validator("lora", mode="before")
    @classmethod
    def _take_one(cls, value: Any) -> Any:  # noqa: ANN401 - whatever a recipe holds
        """One file stands for a list of one."""
        return (value,) if isinstance(value, str) and value else value or ()
