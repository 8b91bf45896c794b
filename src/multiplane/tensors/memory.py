"""Falling short of memory is answered: fewer at once, tried again, and told."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import torch

from multiplane.core.errors import BackendError

logger = logging.getLogger(__name__)

A = TypeVar("A")
B = TypeVar("B")
N = TypeVar("N", bound=torch.nn.Module)

_SIGNS = ("out of memory", "can't allocate memory", "not enough memory", "alloc_failed")
"""What CUDA, the allocator of the CPU and cuBLAS say."""


def fell_short(error: BaseException) -> bool:
    """Whether an error says that there was not enough memory, on a GPU or off it."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(sign in text for sign in _SIGNS)


class Memory:
    """The memory of one device: how much of it may be used, and what was done when it ran out.

    Attributes:
        device: Where networks run.
        notes: What was done about too little memory, in words; for records and reports.
    """

    def __init__(self, device: torch.device, max_vram_gb: float = 0.0) -> None:
        """Bound what this process may take of the GPU.

        Args:
            device: Where networks run.
            max_vram_gb: Most of it, in GB of 10^9 bytes; 0 means all. Of a CPU it says nothing.
        """
        self.device = device
        self.notes: list[str] = []
        if device.type == "cuda":
            total = torch.cuda.get_device_properties(device).total_memory
            share = min(1.0, max_vram_gb * 1e9 / total) if max_vram_gb else 1.0
            torch.cuda.set_per_process_memory_fraction(share, device)

    def peak_gb(self) -> float:
        """The most memory of the GPU that was in use, GB of 10^9; 0 on a CPU."""
        if self.device.type != "cuda":
            return 0.0
        return float(torch.cuda.max_memory_allocated(self.device)) / 1e9

    def take(self, network: N) -> N:
        """Bring a network to the device.

        Args:
            network: A module.

        Returns:
            The same, there.

        Raises:
            BackendError: There is no room for it.
        """
        moved, _ = self.fewer(lambda _: network.to(self.device), 1, "copy of the network")
        return moved

    def fewer(
        self, work: Callable[[int], B], at_most: int, what: str, at_least: int = 1
    ) -> tuple[B, int]:
        """Do something with as many at once, or as large a tile, as memory allows.

        Args:
            work: Called with the number; again with half of it each time memory falls short.
            at_most: The number to begin with.
            what: What is counted, for the note: ``points a batch``, ``px a tile``.
            at_least: Below this nothing is tried.

        Returns:
            What came of it, and the number that worked.

        Raises:
            BackendError: Not even the least fits into memory.
        """
        number = max(at_most, at_least)
        while True:
            try:
                return work(number), number
            except Exception as error:
                if not fell_short(error):
                    raise
                if number <= at_least:
                    raise BackendError(
                        f"memory is too small even for {number} {what}",
                        why="the device has less free than the network needs, or max_vram_gb "
                        "forbids more",
                        fix="raise --max-vram-gb, close other programs, take a smaller model, or "
                        "--device cpu",
                    ) from error
            self.release()
            smaller = max(at_least, number // 2)
            self._note(f"memory fell short with {number} {what}; went on with {smaller}")
            number = smaller

    def batched(
        self, work: Callable[[Sequence[A]], Sequence[B]], items: Sequence[A], size: int, what: str
    ) -> Iterator[B]:
        """Work through items in batches that become smaller where memory falls short.

        Args:
            work: Turns a batch into as many results.
            items: All of them.
            size: How many to begin with; what proved too many is not tried again.
            what: What the items are, for the note: ``points``, ``crops``.

        Yields:
            One result an item, in order.

        Raises:
            BackendError: Not even one fits into memory.
        """
        start = 0
        while start < len(items):
            here = start

            def part(number: int, begin: int = here) -> Sequence[B]:
                return work(items[begin : begin + number])

            results, size = self.fewer(part, size, f"{what} a batch")
            yield from results
            start += len(results)

    def release(self) -> None:
        """Give memory back that nothing uses any more."""
        gc.collect()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    def _note(self, text: str) -> None:
        logger.warning("%s", text)
        if text not in self.notes:
            self.notes.append(text)
