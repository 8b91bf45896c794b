"""Automatic masks: our post-processing against SAM 2's own, on the same logits.

    python benchmarks/automatic_masks.py --upstream PATH    # a checkout of facebookresearch/sam2
    python benchmarks/automatic_masks.py --gpu              # whole frames, SAM 2.1 large, random

Upstream's ``SAM2AutomaticMaskGenerator`` runs as it is; only its predictor is replaced, by one that
hands out drawn logits and enlarges them as upstream's does. Ours gets the same logits. The time it
takes to draw them counts for neither.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import sys
import time
import types
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - its usual name

from dated import write_report
from multiplane.networks.sam.image import Decoded, Embedding, ImageSam
from multiplane.split.segment.backends.sam.automatic import Automatic
from multiplane.split.segment.backends.sam.proposal import to_upstream
from multiplane.split.segment.config import AutomaticOptions
from multiplane.tensors.devices import describe_cuda, pick_device
from multiplane.tensors.memory import Memory
from multiplane.tensors.precision import pick_dtype

LOW_PX = 256
_OBJECTS = 90


class Scene:
    """Ellipses in a picture: what a network would answer about points on them.

    Attributes:
        seconds: Spent on drawing.
    """

    def __init__(self, size: tuple[int, int], seed: int = 0) -> None:
        """Lay out the objects: a few large, many small."""
        random = np.random.default_rng(seed)
        self.size, self.seconds = size, 0.0
        self._centres = random.uniform(0, 1, (_OBJECTS, 2)).astype(np.float32)
        reach = np.exp(random.uniform(np.log(0.02), np.log(0.5), (_OBJECTS, 1)))
        self._radii = (reach * random.uniform(0.5, 1.5, (_OBJECTS, 2))).astype(np.float32)
        self._steep = random.uniform(1.5, 6, _OBJECTS).astype(np.float32)
        self._iou = random.uniform(0.7, 1, _OBJECTS).astype(np.float32)
        self._y, self._x = np.mgrid[:LOW_PX, :LOW_PX].astype(np.float32)

    def answer(self, points: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        """(P, 2) px of the picture to logits (P, 3, 256, 256) and predicted IoU (P, 3)."""
        start = time.perf_counter()
        near = points / np.array(self.size, dtype=np.float32)
        reach = np.hypot(*((near[:, None] - self._centres) / self._radii).transpose(2, 0, 1))
        picked = np.argsort(np.where(reach < 1, self._radii.prod(1), 9 + reach), 1)[:, :3]
        drawn = [[self._draw(int(n), near[i], k) for k, n in enumerate(row)]
                 for i, row in enumerate(picked)]  # fmt: skip
        logits = torch.from_numpy(np.array(drawn))
        iou = torch.from_numpy(self._iou[picked] - np.float32(0.05) * reach.min(1)[:, None])
        self.seconds += time.perf_counter() - start
        return logits, iou

    def _draw(self, number: int, point: np.ndarray, rank: int) -> np.ndarray:
        """The signed distance to an ellipse, px of the logits, steeper or softer, with noise."""
        x, y = self._centres[number] * LOW_PX
        wide, high = self._radii[number] * LOW_PX
        reach = np.hypot((self._x - x) / wide, (self._y - y) / high)
        seed = (number, rank, *np.float32(point).view(np.uint32).tolist())
        noise = np.random.default_rng(seed).standard_normal((LOW_PX, LOW_PX), dtype=np.float32)
        distance = (1 - reach) * np.float32(min(wide, high)) * self._steep[number]
        return np.clip(distance, -24, 24) + np.float32(0.1) * noise


class DrawnSam:
    """Ours asks this instead of an ImageSam."""

    low_px, device = LOW_PX, torch.device("cpu")

    def __init__(self, scene: Scene) -> None:
        """Answer from a scene."""
        self._scene = scene

    def encode(self, frames: list[np.ndarray]) -> list[Embedding]:
        """Nothing is to be encoded."""
        return [Embedding((), (frame.shape[1], frame.shape[0])) for frame in frames]

    def decode(self, _: Embedding, *, points: np.ndarray) -> Decoded:
        """What is there at the points."""
        logits, iou = self._scene.answer(points[:, 0])
        return Decoded(logits, iou, torch.ones(len(points)))


def open_upstream(checkout: Path, scene: Scene) -> Any:  # noqa: ANN401 - a class of theirs
    """Their generator, whose predictor answers from a scene.

    Their package's own ``__init__`` wants hydra, and the predictor a network: both are left out.
    """

    class Predictor:
        device = torch.device("cpu")

        def __init__(self, *_: object, **__: object) -> None:
            self._transforms = types.SimpleNamespace(transform_coords=lambda points, **_: points)

        def set_image(self, _: np.ndarray) -> None: ...

        def reset_predictor(self) -> None: ...

        def _predict(
            self, points: torch.Tensor, _: torch.Tensor, **__: object
        ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
            logits, iou = scene.answer(points[:, 0].numpy())
            size = scene.size[::-1]
            return F.interpolate(logits, size, mode="bilinear", align_corners=False), iou, logits

    package = types.ModuleType("sam2")
    package.__path__ = [str(checkout / "sam2")]
    for name, content in (
        ("sam2", {}), ("sam2.modeling", {}), ("sam2.modeling.sam2_base", {"SAM2Base": object}),
        ("sam2.sam2_image_predictor", {"SAM2ImagePredictor": Predictor}),
    ):  # fmt: skip
        module = package if name == "sam2" else types.ModuleType(name)
        vars(module).update(content)
        sys.modules[name] = module
    return importlib.import_module("sam2.automatic_mask_generator").SAM2AutomaticMaskGenerator


def differences(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> list[str]:
    """What of the records is not the same, in words."""
    if len(ours) != len(theirs):
        return [f"{len(ours)} records and {len(theirs)}"]
    found = []
    for number, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
        pixels = int((mine["segmentation"] != other["segmentation"]).sum())
        if pixels:
            found.append(f"record {number}: {pixels} px")
        found += [
            f"record {number}: {key} {mine[key]} and {other[key]}"
            for key in other
            if key != "segmentation" and mine[key] != other[key]
        ]
    return found


def against_upstream(words: argparse.Namespace) -> str:
    """Take turns on the same logits."""
    size = (words.width, words.height)
    frame = np.zeros((words.height, words.width, 3), np.uint8)
    scene = Scene(size)
    options = {"points_per_side": words.points_per_side}
    theirs = open_upstream(words.upstream, scene)(None, **options)
    memory = Memory(DrawnSam.device)
    ours = Automatic(DrawnSam(scene), AutomaticOptions(**options), memory)  # type: ignore[arg-type]
    ways = {"upstream": theirs.generate, "ours": lambda f: to_upstream(ours.propose([f])[0])}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    records: dict[str, list[dict[str, Any]]] = {}
    for _ in range(words.runs):
        for name, way in ways.items():
            scene.seconds = 0.0
            start = time.perf_counter()
            records[name] = way(frame)
            seconds[name].append(time.perf_counter() - start - scene.seconds)
    differing = differences(records["ours"], records["upstream"])
    medians = {name: statistics.median(taken) for name, taken in seconds.items()}
    lines = ["| way | s a frame, median (least to most) |", "|---|---|"]
    for name, taken in seconds.items():
        lines.append(f"| {name} | {medians[name]:.2f} ({min(taken):.2f} to {max(taken):.2f}) |")
    count = words.points_per_side**2
    lines += [
        "",
        f"Ours is {medians['upstream'] / medians['ours']:.1f} times as fast: {count:,} points, 3 "
        f"masks each, logits of {LOW_PX}x{LOW_PX}, a picture of {size[0]}x{size[1]}, "
        f"{torch.get_num_threads()} threads, {words.runs} runs in turn. Upstream's generator as it "
        "is, its defaults.",
        "",
        f"Records: {len(records['upstream'])} of upstream, {len(records['ours'])} of ours, "
        + ("the same in every pixel and figure." if not differing else
           f"{len(differing)} differences: " + "; ".join(differing[:5])),
    ]  # fmt: skip
    return "\n".join(lines)


def large_sam(precision: str, device: torch.device, *, tiny: bool) -> ImageSam:
    """SAM 2.1 large with random weights; ``tiny`` to try the benchmark itself."""
    from transformers import Sam2Config, Sam2ImageProcessor, Sam2Model  # noqa: PLC0415 - slow

    backbone = {
        "model_type": "sam2_hiera_det_model",
        "hidden_size": 144,
        "num_attention_heads": 2,
        "blocks_per_stage": [2, 6, 36, 4],
        "embed_dim_per_stage": [144, 288, 576, 1152],
        "num_attention_heads_per_stage": [2, 4, 8, 16],
        "window_size_per_stage": [8, 4, 16, 8],
        "global_attention_blocks": [23, 33, 43],
        "window_positional_embedding_background_size": [7, 7],
    }
    if tiny:
        backbone |= {"blocks_per_stage": [1, 1, 2, 1], "global_attention_blocks": [3]}
    vision = {
        "model_type": "sam2_vision_model",
        "backbone_config": backbone,
        "backbone_channel_list": [1152, 576, 288, 144],
    }
    torch.manual_seed(0)
    model = Sam2Model(Sam2Config(vision_config=vision)).eval()
    dtype = pick_dtype(precision, device)  # type: ignore[arg-type]
    return ImageSam(model, Sam2ImageProcessor(), "sam2", Memory(device), dtype)


def whole_frames(words: argparse.Namespace) -> str:
    """Seconds a frame, by precision, compilation and points a batch."""
    device = pick_device("cpu" if words.tiny else "cuda")
    frame = np.random.default_rng(0).integers(0, 256, (words.height, words.width, 3), np.uint8)
    frames = [frame] * words.frames
    lines = [
        "| precision | torch.compile | frames | points a batch | s a frame | of it encoding | "
        "peak GB |",
        "|---|---|---|---|---|---|---|",
    ]
    for precision, compiled in (("fp32", False), ("bf16", False), ("bf16", True)):
        sam = large_sam(precision, device, tiny=words.tiny)
        if compiled:
            sam.model.vision_encoder = torch.compile(sam.model.vision_encoder)
            sam.model.mask_decoder = torch.compile(sam.model.mask_decoder)
        for points in words.points_per_batch:
            taken, encoding, peak = time_frames(sam, frames, points, words)
            lines.append(
                f"| {precision} | {'yes' if compiled else 'no'} | {len(frames)} | {points} | "
                f"{taken:.2f} | {encoding:.3f} | {peak:.1f} |"
            )
            print(lines[-1], flush=True)
    lines += [
        "",
        f"SAM 2.1 large, random weights, on {describe_cuda() or 'the CPU'}; a picture of "
        f"{words.width}x{words.height}, {words.points_per_side}x{words.points_per_side} points, 3 "
        f"masks each; median of {words.runs} runs after one that is not counted. Of random answers "
        "a twentieth is let through (as many as pass of real ones), by their predicted IoU.",
    ]
    return "\n".join(lines)


def time_frames(
    sam: ImageSam, frames: list[np.ndarray], points: int, words: argparse.Namespace
) -> tuple[float, float, float]:
    """Seconds a frame, those of encoding, and the most memory, GB."""
    probe = sam.decode(sam.encode(frames[:1])[0], points=np.random.default_rng(0).uniform(
        0, min(words.width, words.height), (64, 1, 2)))  # fmt: skip
    threshold = float(torch.quantile(probe.iou, 0.95).clamp(0, 1))
    options = AutomaticOptions(
        points_per_side=words.points_per_side, points_per_batch=points,
        pred_iou_thresh=threshold, stability_score_thresh=0.0,
    )  # fmt: skip
    automatic = Automatic(sam, options, Memory(sam.device), len(frames))

    def timed(work: Any) -> float:  # noqa: ANN401
        wait = torch.cuda.synchronize if sam.device.type == "cuda" else lambda: None
        wait()
        start = time.perf_counter()
        work()
        wait()
        return (time.perf_counter() - start) / len(frames)

    automatic.propose(frames)
    if sam.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    whole = statistics.median(timed(lambda: automatic.propose(frames)) for _ in range(words.runs))
    encoding = statistics.median(timed(lambda: sam.encode(frames)) for _ in range(words.runs))
    return whole, encoding, automatic.memory.peak_gb()


def main() -> None:
    """Measure what was asked for, write a report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--upstream", type=Path, help="a checkout of facebookresearch/sam2")
    parser.add_argument("--gpu", action="store_true", help="whole frames, on CUDA")
    parser.add_argument("--width", type=int, default=1920)
    parser.add_argument("--height", type=int, default=1080)
    parser.add_argument("--points-per-side", type=int, default=32)
    parser.add_argument("--points-per-batch", type=int, nargs="+", default=[64, 256, 1024])
    parser.add_argument("--frames", type=int, default=4)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0, help="of torch; 0 leaves it to torch")
    parser.add_argument("--tiny", action="store_true", help="try --gpu on a CPU; no report")
    words = parser.parse_args()
    if words.threads:
        torch.set_num_threads(words.threads)
    if bool(words.upstream) == (words.gpu or words.tiny):
        parser.error("say --upstream PATH or --gpu")
    body = against_upstream(words) if words.upstream else whole_frames(words)
    print(body)
    if words.tiny:
        return
    name, title = (
        ("automatic_masks", "Automatic masks: post-processing against SAM 2's own")
        if words.upstream else ("automatic_masks_gpu", "Automatic masks: whole frames on a GPU")
    )  # fmt: skip
    print(write_report(name, title, body, ("torch", "torchvision", "transformers")))


if __name__ == "__main__":
    main()
