"""Masks of a picture's size from small logits, without enlarging the logits.

Upstream enlarges each answer to the picture, 1080p out of 256x256, and thresholds millions of
values that nearly all lie inside or outside beyond doubt. A value between four small logits is
never above the largest of them nor below the smallest, so only the cells between small logits
through which a threshold runs have to be enlarged: a few hundred a mask.

Enlarged values are those of ``torch.nn.functional.interpolate(mode="bilinear")`` to the bit, where
that computes with fused multiplications: on processors of today with two threads or more. With one
thread, or for tiny pictures, torch takes another order, whose last bits differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from multiplane.core.arrays import Mask

_SLACK = 1e-6
"""How far rounding may carry a value beyond its neighbours, relative to the largest logit."""
_AT_ONCE = {"cpu": 1 << 14, "cuda": 1 << 19}
"""Cells that are enlarged at a time: on a CPU what its cache holds."""


@dataclass(frozen=True)
class _Axis:
    """Which pixels lie between which two small logits along one axis; n small ones, N pixels.

    Attributes:
        next: (n,) the neighbour after each; the last has itself.
        first: (n,) its first pixel.
        count: (n,) how many pixels lie between it and the next.
        weight: (n, most) of the next, for each of them.
        there: (n, most) whether there is such a pixel.
        owner: (N,) the small one before each pixel.
    """

    next: torch.Tensor
    first: torch.Tensor
    count: torch.Tensor
    weight: torch.Tensor
    there: torch.Tensor
    owner: NDArray[np.intp]

    @classmethod
    def of(cls, small: int, large: int, device: torch.device) -> _Axis:
        """As torch counts with ``align_corners=False``, in float32."""
        scale = np.float32(small) / np.float32(large)
        middle = np.arange(large, dtype=np.float32) + np.float32(0.5)
        source = np.maximum(scale * middle - np.float32(0.5), np.float32(0))
        owner = np.minimum(source.astype(np.intp), small - 1)
        weight = np.clip(source - owner.astype(np.float32), 0, 1).astype(np.float32)
        count = np.bincount(owner, minlength=small)
        first = np.cumsum(count) - count
        offset = np.arange(count.max())
        there = offset < count[:, None]
        place = np.minimum(first[:, None] + offset, large - 1)
        following = np.minimum(np.arange(small) + 1, small - 1)

        def send(array: NDArray[Any]) -> torch.Tensor:
            return torch.from_numpy(array).to(device)

        return cls(
            send(following), send(first), send(count), send(weight[place]), send(there), owner
        )


@dataclass(frozen=True, eq=False)
class Outline:
    """A mask as the cells that are in it and the pixels of those that its edge runs through.

    Attributes:
        inside: (ceil(h * w / 8),) bits of the cells that are wholly in it.
        cells: (K,) int32, the others that are partly in it, by number.
        pixels: (K, ceil(tile / 8)) uint8, bits of their pixels.
    """

    inside: NDArray[np.uint8]
    cells: NDArray[np.int32]
    pixels: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Outlines:
    """Several masks.

    Attributes:
        outlines: One a mask.
        areas: (N,) px.
        boxes: (N, 4) (x0, y0, x1, y1) px, the last row and column included; zeros when empty.
    """

    outlines: list[Outline]
    areas: NDArray[np.int64]
    boxes: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Bounded:
    """Small logits, and between what the values of the cells between them lie; a cell is of four.

    Attributes:
        logits: float32 (N, h, w).
        least: (N, h, w) of the four.
        most: (N, h, w) of the four.
        slack: How far rounding may carry a value beyond.
    """

    logits: torch.Tensor
    least: torch.Tensor
    most: torch.Tensor
    slack: float

    def __getitem__(self, which: torch.Tensor) -> Bounded:
        """Some of the masks."""
        return Bounded(self.logits[which], self.least[which], self.most[which], self.slack)

    def surely(self, threshold: float) -> torch.Tensor:
        """Cells all of whose values are above."""
        return self.least > threshold + self.slack

    def perhaps(self, threshold: float) -> torch.Tensor:
        """Cells that may have values above."""
        return self.most > threshold - self.slack


class Enlargement:
    """Small logits of one size, seen at the size of a picture."""

    def __init__(self, small: tuple[int, int], size: tuple[int, int], device: torch.device) -> None:
        """Count the pixels between small logits.

        Args:
            small: (width, height) of the logits.
            size: (width, height) of the picture, px.
            device: Where the logits are.
        """
        self._small, self._size, self._device = small, size, device
        self._x, self._y = (_Axis.of(*ab, device) for ab in zip(small, size, strict=True))
        self._tile = (self._y.weight.shape[1], self._x.weight.shape[1])
        self._filled = (self._y.count > 0)[:, None] & (self._x.count > 0)
        self._wide, self._high = self._x.count.to(torch.float32), self._y.count.to(torch.float64)

    def bound(self, logits: torch.Tensor) -> Bounded:
        """Say between what the values of each cell lie.

        Args:
            logits: float32 (N, h, w).
        """
        least = _pairs(_pairs(logits, torch.minimum, 1), torch.minimum, 2)
        most = _pairs(_pairs(logits, torch.maximum, 1), torch.maximum, 2)
        slack = _SLACK * float(max(most.max(), -least.min())) if len(logits) else 0.0
        return Bounded(logits, least, most, slack)

    def counts(self, bounded: Bounded, thresholds: tuple[float, ...]) -> list[torch.Tensor]:
        """How many pixels are above each threshold.

        Args:
            bounded: N small logits.
            thresholds: Some.

        Returns:
            (N,) int64 a threshold.
        """
        above = [bounded.surely(threshold) for threshold in thresholds]
        open_ = torch.zeros_like(above[0])
        for sure, threshold in zip(above, thresholds, strict=True):
            open_ |= bounded.perhaps(threshold) & ~sure
        totals = [self._pixels_of(sure & ~open_) for sure in above]
        for where, values, there in self._values(bounded.logits, open_):
            for total, threshold in zip(totals, thresholds, strict=True):
                found = ((values > threshold) & there).flatten(1).sum(1)
                total.index_add_(0, where[:, 0], found)
        return totals

    def outlines(self, bounded: Bounded, threshold: float) -> Outlines:
        """Where pixels are above a threshold.

        Args:
            bounded: N small logits.
            threshold: Above it is in the mask.

        Returns:
            The masks.
        """
        inside = bounded.surely(threshold)
        open_ = bounded.perhaps(threshold) & ~inside
        inside &= self._filled
        areas = self._pixels_of(inside)
        spans = self._spans(inside)
        cells, owners, bits = [], [], []
        for where, values, there in self._values(bounded.logits, open_):
            taken = (values > threshold) & there
            any_ = taken.flatten(1).any(1)
            where, taken = where[any_], taken[any_]  # noqa: PLW2901 - the rest says nothing
            areas.index_add_(0, where[:, 0], taken.flatten(1).sum(1))
            self._stretch(spans, where, taken)
            cells.append((where[:, 1] * self._small[0] + where[:, 2]).to(torch.int32).cpu().numpy())
            owners.append(where[:, 0].cpu().numpy())
            bits.append(np.packbits(taken.flatten(1).cpu().numpy(), axis=1))
        packed = np.packbits(inside.flatten(1).cpu().numpy(), axis=1)
        starts = np.searchsorted(np.concatenate(owners), np.arange(len(inside) + 1))
        cell, bit = np.concatenate(cells), np.concatenate(bits)
        outlines = [
            Outline(packed[n], cell[a:b].copy(), bit[a:b].copy())
            for n, (a, b) in enumerate(pairwise(starts))
        ]
        boxes = torch.stack(spans, 1)
        boxes[areas == 0] = 0
        return Outlines(outlines, areas.cpu().numpy(), boxes.cpu().numpy())

    def draw(self, outline: Outline, box: tuple[int, int, int, int]) -> Mask:
        """Fill an outline.

        Args:
            outline: Of a mask.
            box: Half-open (x0, y0, x1, y1) px that it lies in.

        Returns:
            (y1 - y0, x1 - x0) of the picture.
        """
        x0, y0, x1, y1 = box
        wide, high = self._small
        inside = np.unpackbits(outline.inside, count=wide * high).reshape(high, wide)
        columns = inside[:, self._x.owner[x0:x1]]
        mask = columns[self._y.owner[y0:y1]]
        rows, cols = np.divmod(outline.cells.astype(np.intp), wide)
        count = self._tile[0] * self._tile[1]
        bits = np.unpackbits(outline.pixels, axis=1, count=count).reshape(-1, *self._tile)
        which, down, right = np.nonzero(bits)
        first_y, first_x = self._y.first.cpu().numpy(), self._x.first.cpu().numpy()
        mask[first_y[rows[which]] + down - y0, first_x[cols[which]] + right - x0] = 1
        return mask.view(np.bool_)

    def _pixels_of(self, cells: torch.Tensor) -> torch.Tensor:
        """(N,) int64, the pixels of whole cells."""
        rows = cells.to(torch.float32) @ self._wide  # exact: whole numbers below 2^24
        return (rows.to(torch.float64) @ self._high).round().to(torch.int64)

    def _spans(self, cells: torch.Tensor) -> list[torch.Tensor]:
        """x0, y0, x1, y1 of whole cells, (N,) each; the wrong way round where there are none."""
        firsts, lasts = [], []
        for axis, line in ((self._x, cells.any(1)), (self._y, cells.any(2))):
            end = axis.first + axis.count - 1
            far = torch.full_like(axis.first, len(axis.owner))
            firsts.append(torch.where(line, axis.first, far).amin(1))
            lasts.append(torch.where(line, end, torch.full_like(end, -1)).amax(1))
        return [firsts[0], firsts[1], lasts[0], lasts[1]]

    def _stretch(self, spans: list[torch.Tensor], where: torch.Tensor, taken: torch.Tensor) -> None:
        """Make spans hold pixels of cells too."""
        for number, (axis, column, dim) in enumerate(((self._x, 2, 1), (self._y, 1, 2))):
            line = taken.any(dim).to(torch.uint8)
            start = axis.first[where[:, column]]
            first = start + line.argmax(1)
            last = start + line.shape[1] - 1 - line.flip(1).argmax(1)
            spans[number].scatter_reduce_(0, where[:, 0], first, "amin")
            spans[number + 2].scatter_reduce_(0, where[:, 0], last, "amax")

    def _values(
        self, logits: torch.Tensor, cells: torch.Tensor
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
        """Enlarge some cells.

        Yields:
            (K, 3) which cells, as mask, row, column; (K, tile) their values; (K, tile) whether
            there is such a pixel. One batch at least, be it empty.
        """
        x, y = self._x, self._y
        wanted = (cells & self._filled).nonzero()
        at_once = _AT_ONCE.get(self._device.type, 1 << 14)
        for begin in range(0, max(1, len(wanted)), at_once):
            where = wanted[begin : begin + at_once]
            mask, row, column = where.unbind(1)
            below, right = y.next[row], x.next[column]
            across = x.weight[column]
            top = _mix(logits[mask, row, column], logits[mask, row, right], across)
            bottom = _mix(logits[mask, below, column], logits[mask, below, right], across)
            down = y.weight[row][:, :, None]
            values = _fused(top[:, None], 1 - down, bottom[:, None] * down)
            yield where, values, y.there[row][:, :, None] & x.there[column][:, None]


def _pairs(values: torch.Tensor, choose: object, dim: int) -> torch.Tensor:
    """The lesser or greater of each and the next along an axis; the last stays."""
    length = values.shape[dim]
    out = values.clone()
    head = out.narrow(dim, 0, length - 1)
    choose(head, values.narrow(dim, 1, length - 1), out=head)  # type: ignore[operator]
    return out


def _mix(first: torch.Tensor, second: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """(K,) and (K,) by the weights (K, n) of the second."""
    return _fused(first[:, None], 1 - weight, second[:, None] * weight)


def _fused(a: torch.Tensor, b: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
    """``a * b + c`` in float32, rounded once: a product of two float32 is exact in float64."""
    return torch.addcmul(c.double(), a.double(), b.double()).float()
