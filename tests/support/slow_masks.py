"""Automatic masks as SAM's own generator makes them, step by step and slowly: what ours must equal.

Everything is enlarged to the picture before anything is dropped. Imports torch: tests skip before.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - its usual name

Answer = Callable[[tuple[int, int, int, int], np.ndarray], tuple[torch.Tensor, torch.Tensor]]
"""Crop box (x0, y0, x1, y1) and points (P, 2) to logits (P, M, h, w) and predicted IoU (P, M)."""


def generate(  # noqa: PLR0913 - upstream's parameters
    size: tuple[int, int], answer: Answer, *, points_per_side: int = 32, points_per_batch: int = 64,
    pred_iou_thresh: float = 0.8, stability_score_thresh: float = 0.95,
    stability_score_offset: float = 1.0, mask_threshold: float = 0.0, box_nms_thresh: float = 0.7,
    crop_n_layers: int = 0, crop_nms_thresh: float = 0.7, crop_overlap_ratio: float = 512 / 1500,
    crop_n_points_downscale_factor: int = 1,
) -> list[dict[str, Any]]:  # fmt: skip
    """Records of a picture of (width, height)."""
    found: list[dict[str, Any]] = []
    for box, layer in crop_boxes(size, crop_n_layers, crop_overlap_ratio):
        side = int(points_per_side / crop_n_points_downscale_factor**layer)
        points = grid(side) * np.array([box[2] - box[0], box[3] - box[1]])
        of_crop: list[dict[str, Any]] = []
        for start in range(0, len(points), points_per_batch):
            batch = points[start : start + points_per_batch].astype(np.float32)
            logits, iou = answer(box, batch)
            of_crop += process_batch(
                size, box, batch, logits, iou, (pred_iou_thresh, stability_score_thresh),
                (mask_threshold, stability_score_offset),
            )  # fmt: skip
        boxes = [record["box"] for record in of_crop]
        kept = nms(boxes, [record["predicted_iou"] for record in of_crop], box_nms_thresh)
        for record in [of_crop[n] for n in kept]:
            x0, y0 = box[:2]
            record["box"] = [a + b for a, b in zip(record["box"], (x0, y0, x0, y0), strict=True)]
            x, y = (
                np.float32(a) + np.float32(b) for a, b in zip(record["point"], box, strict=False)
            )
            record["point"] = (float(x), float(y))
            record["crop"] = box
            found.append(record)
    if crop_n_layers:
        scores = [
            np.float32(1)
            / np.float32((r["crop"][2] - r["crop"][0]) * (r["crop"][3] - r["crop"][1]))
            for r in found
        ]
        found = [found[n] for n in nms([r["box"] for r in found], scores, crop_nms_thresh)]
    return [write(record) for record in found]


def process_batch(
    size: tuple[int, int], crop: tuple[int, int, int, int], points: np.ndarray,
    logits: torch.Tensor, iou: torch.Tensor, thresholds: tuple[float, float],
    cuts: tuple[float, float],
) -> list[dict[str, Any]]:  # fmt: skip
    """Filter one batch in upstream's order."""
    x0, y0, x1, y1 = crop
    cut, offset = cuts
    large = F.interpolate(logits, (y1 - y0, x1 - x0), mode="bilinear", align_corners=False)
    records = []
    for number, (values, sure) in enumerate(zip(large.flatten(0, 1), iou.flatten(), strict=True)):
        if thresholds[0] > 0 and not sure > thresholds[0]:
            continue
        inner, outer = (values > cut + offset).sum(), (values > cut - offset).sum()
        stability = float(inner.int() / outer.int())
        if thresholds[1] > 0 and not np.float32(stability) >= np.float32(thresholds[1]):
            continue
        mask = (values > cut).numpy()
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        box = [columns[0], rows[0], columns[-1], rows[-1]] if len(rows) else [0, 0, 0, 0]
        if is_cut_off([int(v) for v in box], crop, size):
            continue
        whole = np.zeros(size[::-1], bool)
        whole[y0:y1, x0:x1] = mask
        point = points[number // logits.shape[1]]
        records.append(
            {
                "mask": whole, "box": [int(v) for v in box], "predicted_iou": float(sure),
                "stability_score": stability, "point": (float(point[0]), float(point[1])),
            }
        )  # fmt: skip
    return records


def write(record: dict[str, Any]) -> dict[str, Any]:
    """As upstream writes it."""
    x0, y0, x1, y1 = record["box"]
    left, top, right, bottom = record["crop"]
    return {
        "segmentation": record["mask"],
        "area": int(record["mask"].sum()),
        "bbox": [float(x0), float(y0), float(x1 - x0), float(y1 - y0)],
        "predicted_iou": record["predicted_iou"],
        "point_coords": [list(record["point"])],
        "stability_score": record["stability_score"],
        "crop_box": [float(left), float(top), float(right - left), float(bottom - top)],
    }


def is_cut_off(box: list[int], crop: tuple[int, int, int, int], size: tuple[int, int]) -> bool:
    """Whether a box ends within 20 px of an edge of its crop that is none of the picture."""
    x0, y0 = crop[:2]
    placed = [a + b for a, b in zip(box, (x0, y0, x0, y0), strict=True)]
    whole = (0, 0, *size)
    return any(
        abs(a - b) <= 20 and not abs(a - c) <= 20
        for a, b, c in zip(placed, crop, whole, strict=True)
    )


def nms(boxes: list[list[int]], scores: list[float], threshold: float) -> list[int]:
    """Greedy, the highest score first, of equal ones the earlier."""
    kept: list[int] = []
    for n in sorted(range(len(boxes)), key=lambda n: -scores[n]):
        if all(not iou_of(boxes[n], boxes[m]) > threshold for m in kept):
            kept.append(n)
    return kept


def iou_of(first: list[int], second: list[int]) -> float:
    """Of two boxes, as reals; 0 / 0 is not a number."""
    wide = max(0, min(first[2], second[2]) - max(first[0], second[0]))
    high = max(0, min(first[3], second[3]) - max(first[1], second[1]))
    areas = sum((b[2] - b[0]) * (b[3] - b[1]) for b in (first, second))
    both = np.float32(wide * high)
    with np.errstate(invalid="ignore"):
        return float(both / (np.float32(areas) - both))


def grid(side: int) -> np.ndarray:
    """(side², 2) in [0, 1], x fastest."""
    return np.array(
        [[(i + 0.5) / side, (j + 0.5) / side] for j in range(side) for i in range(side)]
    )


def crop_boxes(
    size: tuple[int, int], layers: int, ratio: float
) -> list[tuple[tuple[int, int, int, int], int]]:
    """The whole picture, then 2 x 2 parts, 4 x 4 parts, ..."""
    width, height = size
    boxes = [((0, 0, width, height), 0)]
    for layer in range(layers):
        count = 2 ** (layer + 1)
        overlap = int(ratio * min(size) * (2 / count))
        wide = math.ceil((overlap * (count - 1) + width) / count)
        high = math.ceil((overlap * (count - 1) + height) / count)
        for i in range(count):
            for j in range(count):
                x, y = (wide - overlap) * i, (high - overlap) * j
                boxes.append(((x, y, min(x + wide, width), min(y + high, height)), layer + 1))
    return boxes
