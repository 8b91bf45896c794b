"""LaMa generators of a few channels with random weights, saved as those in circulation are."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import torch
from torch import nn

from multiplane.networks.lama import LamaGenerator

CONFIG = """\
generator:
  kind: ffc_resnet
  input_nc: 4
  output_nc: 3
  ngf: {width}
  n_downsampling: 3
  n_blocks: {blocks}
  add_out_act: sigmoid
  init_conv_kwargs: {{ratio_gin: 0, ratio_gout: 0, enable_lfu: false}}
  downsample_conv_kwargs:
    ratio_gin: ${{generator.init_conv_kwargs.ratio_gout}}
    ratio_gout: ${{generator.downsample_conv_kwargs.ratio_gin}}
losses:
  resnet_pl: {{weight: 30, weights_path: "${{env:TORCH_HOME}}"}}
"""


def tiny_generator(blocks: int = 2, width: int = 4, seed: int = 0) -> LamaGenerator:
    """A generator whose output spans [0, 1] and whose statistics are not those of a fresh one."""
    torch.manual_seed(seed)
    generator = LamaGenerator(blocks, width).eval().requires_grad_(False)
    for module in generator.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.weight.uniform_(0.5, 1.5)
            module.bias.normal_(0.0, 0.2)
            assert module.running_mean is not None
            assert module.running_var is not None
            assert module.num_batches_tracked is not None
            module.running_mean.normal_(0.0, 0.1)
            module.running_var.uniform_(0.2, 0.6)
            module.num_batches_tracked.fill_(1000)
    generator.model[-2].weight.mul_(4.0)
    return generator


def some_picture(height: int = 40, width: int = 56, batch: int = 1) -> Any:
    """Pictures (B, 3, H, W) and masks (B, 1, H, W) with a hole in the middle."""
    torch.manual_seed(7)
    masks = torch.zeros(batch, 1, height, width)
    masks[..., height // 4 : height // 2, width // 4 : width // 2] = 1
    return torch.rand(batch, 3, height, width), masks


def save_upstream(folder: Path, generator: LamaGenerator, **more: Any) -> Path:
    """``config.yaml`` and ``models/best.ckpt``, with what else a training leaves there.

    Args:
        folder: Where to.
        generator: Whose weights.
        more: Further entries of the checkpoint.

    Returns:
        The checkpoint.
    """
    (folder / "models").mkdir(parents=True)
    config = CONFIG.format(width=generator.width, blocks=generator.blocks)
    (folder / "config.yaml").write_text(config, encoding="utf-8")
    weights = {f"generator.{key}": value for key, value in generator.state_dict().items()}
    weights |= {f"generator_average.{key}": value * 0 for key, value in weights.items()}
    weights["discriminator.model0.0.weight"] = torch.ones(3, 3)
    weights["loss_resnet_pl.impl.conv1.weight"] = torch.ones(3, 3)
    path = folder / "models" / "best.ckpt"
    adam = {"state": {0: {"exp_avg": torch.zeros(4)}}, "param_groups": [{"lr": 1e-3}]}
    torch.save(
        {"epoch": 39, "global_step": 1, "state_dict": weights, "optimizer_states": [adam], **more},
        path,
    )
    return path


class _Trainer(nn.Module):
    def __init__(self, generator: LamaGenerator) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, image: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        painted: torch.Tensor = self.generator(torch.cat([image * (1 - mask), mask], dim=1))
        return mask * painted + (1 - mask) * image


class Twin(nn.Module):
    """The generator under the names that it has in the TorchScript file in circulation."""

    def __init__(self, generator: LamaGenerator) -> None:
        super().__init__()
        self.model = _Trainer(generator)

    def forward(self, image: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """The picture with its hole filled."""
        filled: torch.Tensor = self.model(image, mask)
        return filled


def save_twin(path: Path, generator: LamaGenerator) -> Path:
    """The TorchScript file: traced and saved as upstream does it.

    Args:
        path: The file.
        generator: Whose weights.

    Returns:
        The file.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TorchScript is deprecated; its files remain
        traced = torch.jit.trace(Twin(generator), some_picture(), strict=False, check_trace=False)
        torch.jit.save(traced, str(path))
    return path
