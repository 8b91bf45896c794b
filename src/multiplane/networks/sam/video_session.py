"""One shot followed by a network, with a state that does not grow with the shot.

The networks of transformers keep every frame and all they ever said about it. What a frame t reads
of that: memories of all prompted frames, memories of the ``num_maskmem`` - 1 frames before it, and
pointers of the ``max_object_pointers_in_encoder`` - 1 frames before it. Everything else is dropped
here, and what the network says is the same to the bit.

The state of each object is kept apart and lent to the network call by call. So an object can go
without a trace in the others, one can be prompted in the frame that was just seen without the
others being asked again, and a prompt does not touch the memories of those that were not prompted
(transformers would make theirs binary too in that frame; SAM 2 itself does not).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from multiplane.core.arrays import Frame, Mask, check_frame, check_mask, check_same_size
from multiplane.core.errors import BackendError, InputError, MultiplaneError
from multiplane.networks.sam.video_network import VideoNetwork
from multiplane.networks.sam.video_prompts import Points, mask_input, point_inputs

Logits: TypeAlias = NDArray[np.float32]
"""float32 (H, W): > 0 where the object is; its sigmoid is a soft alpha."""
Outputs: TypeAlias = dict[str, dict[int, dict[str, torch.Tensor]]]

_PROMPTED, _FOLLOWED = "cond_frame_outputs", "non_cond_frame_outputs"
_READ_LATER = ("maskmem_features", "maskmem_pos_enc", "object_pointer")
"""What of a frame's outputs any later frame reads."""


@dataclass
class _Followed:
    """The state of one object; frames → what the network said."""

    outputs: Outputs = field(default_factory=lambda: {_PROMPTED: {}, _FOLLOWED: {}})
    tracked: dict[int, Any] = field(default_factory=dict)
    prompt: torch.Tensor | dict[str, torch.Tensor] | None = None


class VideoSession:
    """Follows objects through the frames of one shot, in order.

    Attributes:
        position: The number of the frame seen last; -1 before the first.
        scores: Object → how sure the network is that it is there at all, in [0, 1].
    """

    def __init__(
        self, sam: VideoNetwork, prune: bool, offload: bool, max_conditioning: int
    ) -> None:  # fmt: skip
        """See :meth:`multiplane.networks.sam.video.VideoSam.start`."""
        self._sam, self._prune, self._offload = sam, prune, offload
        self._max_conditioning = max_conditioning
        config = sam.network.config
        self._memories = int(config.num_maskmem)
        self._pointers = int(config.max_object_pointers_in_encoder)
        self._objects: dict[int, _Followed] = {}
        self._frames: dict[int, torch.Tensor] = {}
        self._cache = self._state().cache
        self._places: list[tuple[torch.Tensor, torch.Tensor]] = []
        self._size: tuple[int, int] | None = None
        self.position = -1
        self.scores: dict[int, float] = {}

    @property
    def object_ids(self) -> tuple[int, ...]:
        """Who is followed or about to be, in the order they came."""
        return tuple(self._objects)

    def step(self, frame: Frame) -> dict[int, Logits]:
        """Go on by one frame.

        Args:
            frame: (H, W, 3), of the size of the first.

        Returns:
            Object → (H, W) logits; nothing, without asking the network, while there is no object.

        Raises:
            InputError: Another size than the first frame.
            BackendError: The network failed, or memory is too small even for one object.
        """
        frame = check_frame(frame)
        if self._size is not None and frame.shape[:2] != self._size:
            raise InputError(
                f"frame {self.position + 1} is {frame.shape[1]}x{frame.shape[0]}, "
                f"the first {self._size[1]}x{self._size[0]}",
                why="objects are followed from pixel to pixel",
                fix="split the pictures by size first: multiplane split shots",
            )
        self._size = frame.shape[0], frame.shape[1]
        pixels, _ = self._sam.memory.fewer(lambda _: self._sam.see(frame), 1, "frame")
        self.position += 1
        if self._prune:
            self._frames.clear()
        self._frames[self.position] = pixels
        prompted = [number for number, one in self._objects.items() if one.prompt is not None]
        others = [number for number in self._objects if number not in prompted]
        found = {**self._ask(others), **self._ask(prompted)}
        self._let_go()
        return {number: found[number] for number in self._objects}

    def add(
        self,
        object_id: int,
        *,
        frame_index: int,
        mask: Mask | None = None,
        box: Sequence[float] | None = None,
        points: Points | None = None,
    ) -> Logits | None:
        """Show an object: a new one, or one that is followed already, once more.

        Args:
            object_id: Its number, any integer.
            frame_index: The frame it is shown in: the one seen last, or the next.
            mask: bool (H, W).
            box: x0, y0, x1, y1 in pixels of the frame.
            points: (x, y, whether it lies on the object), in pixels; also beside a box.

        Returns:
            (H, W) logits where the frame was seen already; None where it is yet to come.

        Raises:
            InputError: Another frame, no prompt, or a mask together with box or points.
            BackendError: The network failed.
        """
        if frame_index not in {self.position, self.position + 1} or frame_index < 0:
            raise InputError(
                f"object {object_id} is shown in frame {frame_index}, the session is at "
                f"{self.position}",
                why="frames stream: those that passed are gone",
                fix=f"show it in frame {max(self.position, 0)} or {self.position + 1}",
            )
        prompt = self._prompt(object_id, mask, box, points)
        one = self._objects.setdefault(object_id, _Followed())
        one.prompt = prompt
        if frame_index > self.position:
            return None
        one.outputs[_FOLLOWED].pop(frame_index, None)
        one.tracked.pop(frame_index, None)
        found = self._ask([object_id])
        self._let_go()
        return found[object_id]

    def remove(self, object_id: int) -> None:
        """Follow an object no longer. The others are not touched.

        Raises:
            InputError: Nobody is followed under that number.
        """
        if object_id not in self._objects:
            raise InputError(
                f"object {object_id} is not followed",
                why=f"followed are: {', '.join(map(str, self._objects)) or 'none'}",
                fix="remove an object once",
            )
        del self._objects[object_id]
        self.scores.pop(object_id, None)

    def state_bytes(self) -> int:
        """How much memory the state takes; what is shared counts once."""
        storages = (tensor.untyped_storage() for tensor in self._tensors())
        return sum({storage.data_ptr(): storage.nbytes() for storage in storages}.values())

    def _tensors(self) -> Iterator[torch.Tensor]:
        yield from self._frames.values()
        yield from (tensor for pair in self._places for tensor in pair)
        for one in self._objects.values():
            for said in one.outputs.values():
                for values in said.values():
                    yield from (v for v in values.values() if isinstance(v, torch.Tensor))
            if one.prompt is not None:
                yield from one.prompt.values() if isinstance(one.prompt, dict) else [one.prompt]
        for features in self._cache._vision_features.values():
            for part in features.values():
                yield from part if isinstance(part, list | tuple) else [part]

    def _prompt(
        self,
        object_id: int,
        mask: Mask | None,
        box: Sequence[float] | None,
        points: Points | None,
    ) -> torch.Tensor | dict[str, torch.Tensor]:
        """Turn what a caller shows into what the network takes.

        Raises:
            InputError: It is not one mask, and not a box or points of a known frame.
        """
        if mask is not None and box is None and not points:
            check_mask(mask)
            if self._size is not None:
                check_same_size(np.empty(self._size), mask, ("frame", "mask"))
            return mask_input(mask, self._sam.side, self._sam.memory.device)
        if mask is None and (box is not None or points) and self._size is not None:
            scale = self._sam.side / self._size[1], self._sam.side / self._size[0]
            return point_inputs(points or (), box, scale, self._sam.memory.device)
        raise InputError(
            f"object {object_id} is shown by {_told(mask, box, points)}",
            why="an object is shown by a mask, or by a box, points or both; and where these lie "
            "is known once a frame was seen",
            fix="give one mask, or a box and points after the first step",
        )

    def _ask(self, numbers: Sequence[int]) -> dict[int, Logits]:
        """Ask the network about some objects in the frame seen last.

        Raises:
            BackendError: It failed, or memory is too small even for one.
            MultiplaneError: That which was raised below, as it is.
        """
        found: dict[int, Logits] = {}

        def some(most: int) -> None:
            batch = numbers[len(found) : len(found) + most]
            said = self._sam.run(self._state(batch), self._frames[self.position], self.position)
            masks = [self._full(said.pred_masks[place]) for place in range(len(batch))]
            self._take(batch, said)
            found.update(zip(batch, masks, strict=True))

        try:
            while len(found) < len(numbers):
                at_once = self._sam.at_once  # what fell short is not tried again in the next frame
                _, self._sam.at_once = self._sam.memory.fewer(some, at_once, "objects a batch")
            return found
        except MultiplaneError:
            raise
        except Exception as error:
            raise BackendError(
                f"the network failed in frame {self.position}: {type(error).__name__}: {error}",
                why="its weights, this machine's torch or the frame are not what it expects",
                fix="try --device cpu, or --precision fp32",
            ) from error

    def _state(self, numbers: Sequence[int] = ()) -> Any:  # noqa: ANN401 - of transformers
        """A state of transformers that borrows what some objects remember."""
        device = self._sam.memory.device
        state = self._sam.sessions(
            inference_device=device,
            inference_state_device=device,
            video_storage_device=device,
            dtype=torch.float32,
        )
        if not numbers:
            return state
        state.cache = self._cache
        state.processed_frames = self._frames
        for number in numbers:
            one = self._objects[number]
            place = state.obj_id_to_idx(number)
            state.output_dict_per_obj[place] = one.outputs
            state.frames_tracked_per_obj[place] = one.tracked
            if isinstance(one.prompt, dict):
                state.add_point_inputs(place, self.position, one.prompt)
            elif one.prompt is not None:
                state.add_mask_inputs(place, self.position, one.prompt)
        state.obj_with_new_inputs = [n for n in numbers if self._objects[n].prompt is not None]
        return state

    def _take(self, numbers: Sequence[int], said: Any) -> None:  # noqa: ANN401
        """Note what was said, and keep of it what later frames read."""
        sure = said.object_score_logits.float().sigmoid().reshape(-1).tolist()
        for number, score in zip(numbers, sure, strict=True):
            one = self._objects[number]
            one.prompt = None
            self.scores[number] = score
            for outputs in one.outputs.values():
                if self.position in outputs:
                    outputs[self.position] = self._kept(outputs[self.position])

    def _kept(self, outputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        memories = outputs.get("maskmem_features")
        if memories is not None and self._sam.dtype == torch.float16:
            # SAM 2 writes memories as bfloat16, which autocast to float16 refuses to read
            outputs["maskmem_features"] = memories.to(torch.float16)
        if not self._prune:
            return outputs
        kept = {key: outputs[key] for key in _READ_LATER if outputs.get(key) is not None}
        for key, value in kept.items():
            if value.untyped_storage().nbytes() > value.nbytes:
                kept[key] = value.clone()  # a slice would hold what it was cut from
        if "maskmem_pos_enc" in kept:
            kept["maskmem_pos_enc"] = self._shared(kept["maskmem_pos_enc"])
        if self._offload:
            for key in ("maskmem_features", "maskmem_pos_enc"):
                if key in kept:
                    kept[key] = kept[key].cpu()
        return kept

    def _shared(self, places: torch.Tensor) -> torch.Tensor:
        """The one copy of codes of places: they are the same in every frame."""
        for seen, kept in self._places:
            if seen.shape == places.shape and seen.dtype == places.dtype:
                return kept if torch.equal(seen, places) else places
        self._places.append((places, places.cpu() if self._offload else places))
        return self._places[-1][1]

    def _let_go(self) -> None:
        """Drop what the next frame and all after it will not read."""
        for one in self._objects.values():
            if self._max_conditioning:
                _cap(one.outputs[_PROMPTED], self._max_conditioning)
            if not self._prune:
                continue
            said, upcoming = one.outputs[_FOLLOWED], self.position + 1
            for index in [i for i in said if i <= upcoming - self._memories]:
                if index <= upcoming - self._pointers:
                    del said[index]
                else:
                    said[index] = {"object_pointer": said[index]["object_pointer"]}
            for index in [i for i in one.tracked if i < self.position]:
                del one.tracked[index]

    def _full(self, logits: torch.Tensor) -> Logits:
        """What was said of one object, (1, h, w), at the size of the frame."""
        assert self._size is not None
        grown = functional.interpolate(
            logits[None].float(), size=self._size, mode="bilinear", align_corners=False
        )
        return np.asarray(grown[0, 0].cpu().numpy(), np.float32)


def _cap(prompted: dict[int, dict[str, torch.Tensor]], most: int) -> None:
    """Keep the first and the latest prompted frames."""
    order = sorted(prompted)
    excess = max(0, len(order) - most)
    for index in order[1 : 1 + excess] if most > 1 else order[:excess]:
        del prompted[index]


def _told(mask: Mask | None, box: Sequence[float] | None, points: Points | None) -> str:
    told = {"a mask": mask is not None, "a box": box is not None, "points": bool(points)}
    return " and ".join(name for name, there in told.items() if there) or "nothing"
