"""One file in the layout of the original Stable Diffusion, from the parts of a pipeline.

The names are those of the CompVis and Stability AI code bases: input_blocks, middle_block,
output_blocks; first_stage_model; CLIP of transformers, or of open_clip with one matrix for query,
key and value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch

Tensors = dict[str, torch.Tensor]
_RESNET = {
    "norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0", "conv2": "out_layers.3", "conv_shortcut": "skip_connection",
}  # fmt: skip
_ENDS = {
    "conv_in": "input_blocks.0.0", "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2", "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2", "conv_norm_out": "out.0", "conv_out": "out.2",
    "mid_block.resnets.0": "middle_block.0", "mid_block.attentions.0": "middle_block.1",
    "mid_block.resnets.1": "middle_block.2",
}  # fmt: skip
_VAE_ATTENTION = {
    "group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out",
}  # fmt: skip
_OPEN_CLIP = {
    "layer_norm1": "ln_1", "layer_norm2": "ln_2", "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj",
    "self_attn.out_proj": "attn.out_proj",
}  # fmt: skip


def original_tensors(pipeline: Any, kind: str) -> Tensors:
    """All tensors of a pipeline under their original names."""
    found = {
        f"model.diffusion_model.{name}": value
        for name, value in unet_tensors(pipeline.unet).items()
    }
    found |= {
        f"first_stage_model.{name}": value for name, value in vae_tensors(pipeline.vae).items()
    }
    words = plain(pipeline.text_encoder.state_dict())
    if kind == "sd15":
        found |= {f"cond_stage_model.transformer.text_model.{k}": v for k, v in words.items()}
    elif kind == "sd2":
        last = open_clip_tensors(words, extra_block=True)
        found |= {f"cond_stage_model.model.{k}": v for k, v in last.items()}
    else:
        first = "conditioner.embedders.0.transformer.text_model."
        second = plain(pipeline.text_encoder_2.state_dict())
        found |= {first + k: v for k, v in words.items()}
        found |= {
            f"conditioner.embedders.1.model.{k}": v for k, v in open_clip_tensors(second).items()
        }
    found["betas"] = torch.linspace(0, 1, 1000)  # as real ones carry their schedule along
    return {name: value.contiguous().clone() for name, value in found.items()}


def plain(state: Mapping[str, torch.Tensor]) -> Tensors:
    """Names of a text encoder without the level that some versions of transformers have."""
    return {name.removeprefix("text_model."): value for name, value in state.items()}


def unet_tensors(unet: Any) -> Tensors:
    """Of the denoiser."""
    ends = dict(_ENDS) | dict(_places(unet))
    found = {}
    for name, value in unet.state_dict().items():
        start = max((one for one in ends if name.startswith(f"{one}.")), key=len)
        rest = name.removeprefix(f"{start}.")
        if ".resnets." in f".{start}.":
            part = next(one for one in _RESNET if rest.startswith(f"{one}."))
            rest = _RESNET[part] + rest.removeprefix(part)
        found[f"{ends[start]}.{rest}"] = value
    return found


def _places(unet: Any) -> Iterator[tuple[str, str]]:
    """Where each layer of the two halves lies in the originals' two lists of blocks."""
    number = 1
    for i, block in enumerate(unet.down_blocks):
        for j in range(len(block.resnets)):
            yield f"down_blocks.{i}.resnets.{j}", f"input_blocks.{number}.0"
            yield f"down_blocks.{i}.attentions.{j}", f"input_blocks.{number}.1"
            number += 1
        if block.downsamplers:
            yield f"down_blocks.{i}.downsamplers.0.conv", f"input_blocks.{number}.0.op"
            number += 1
    number = 0
    for i, block in enumerate(unet.up_blocks):
        attends = hasattr(block, "attentions")
        for j in range(len(block.resnets)):
            yield f"up_blocks.{i}.resnets.{j}", f"output_blocks.{number}.0"
            yield f"up_blocks.{i}.attentions.{j}", f"output_blocks.{number}.1"
            number += 1
        if block.upsamplers:
            place = f"output_blocks.{number - 1}.{2 if attends else 1}.conv"
            yield f"up_blocks.{i}.upsamplers.0.conv", place


def vae_tensors(vae: Any) -> Tensors:
    """Of the autoencoder."""
    levels = len(vae.decoder.up_blocks)
    found = {}
    for name, value in vae.state_dict().items():
        new = name.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
        for k in range(levels):
            new = new.replace(f"encoder.down_blocks.{k}.", f"encoder.down.{k}.")
            new = new.replace(f"decoder.up_blocks.{k}.", f"decoder.up.{levels - 1 - k}.")
        new = new.replace("mid_block.resnets.0", "mid.block_1")
        new = new.replace("mid_block.resnets.1", "mid.block_2").replace(".resnets.", ".block.")
        new = new.replace("downsamplers.0", "downsample").replace("upsamplers.0", "upsample")
        if "mid_block.attentions.0." in new:
            head, _, rest = new.partition("mid_block.attentions.0.")
            part = next(one for one in _VAE_ATTENTION if rest.startswith(f"{one}."))
            new = f"{head}mid.attn_1.{_VAE_ATTENTION[part]}{rest.removeprefix(part)}"
            if value.ndim == 2:  # the originals have convolutions of one pixel
                value = value[..., None, None]  # noqa: PLW2901
        found[new] = value
    return found


def open_clip_tensors(words: Mapping[str, torch.Tensor], extra_block: bool = False) -> Tensors:
    """Of a text encoder, as open_clip names them; with the last block that SD 2 does not use."""
    found = {
        "token_embedding.weight": words["embeddings.token_embedding.weight"],
        "positional_embedding": words["embeddings.position_embedding.weight"],
        "ln_final.weight": words["final_layer_norm.weight"],
        "ln_final.bias": words["final_layer_norm.bias"],
        "logit_scale": torch.tensor(4.6),
    }
    width = words["final_layer_norm.weight"].numel()
    projection = words.get("text_projection.weight", torch.eye(width))
    found["text_projection"] = projection.T
    blocks = 1 + max(int(k.split(".")[2]) for k in words if k.startswith("encoder.layers."))
    for number in range(blocks + extra_block):
        here = f"encoder.layers.{min(number, blocks - 1)}."
        there = f"transformer.resblocks.{number}."
        for kind in ("weight", "bias"):
            parts = [words[f"{here}self_attn.{one}_proj.{kind}"] for one in "qkv"]
            found[f"{there}attn.in_proj_{kind}"] = torch.cat(parts)
            for new, old in _OPEN_CLIP.items():
                found[f"{there}{old}.{kind}"] = words[f"{here}{new}.{kind}"]
    return found
