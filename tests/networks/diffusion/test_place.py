"""Where a pipeline lies."""

from __future__ import annotations

import logging

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
pytest.importorskip("diffusers", reason="needs pip install 'multiplane[neural]'")

from tiny_pipelines import Maker  # noqa: E402

from multiplane.core.errors import BackendError  # noqa: E402
from multiplane.hub.pipelines import find  # noqa: E402
from multiplane.networks.diffusion import load_diffusion  # noqa: E402
from multiplane.networks.diffusion.place import place  # noqa: E402
from multiplane.tensors.memory import Memory  # noqa: E402

CPU = torch.device("cpu")


class Recorded:
    """A pipeline that notes what is asked of it."""

    def __init__(self, room: bool = True) -> None:
        self.asked: list[tuple[str, object]] = []
        self.room = room

    def to(self, device: object) -> None:
        self.asked.append(("to", device))
        if not self.room:
            raise torch.OutOfMemoryError("CUDA out of memory")

    def enable_model_cpu_offload(self, device: object) -> None:
        self.asked.append(("model", device))

    def enable_sequential_cpu_offload(self, device: object) -> None:
        self.asked.append(("sequential", device))

    def enable_attention_slicing(self) -> None:
        self.asked.append(("slicing", None))


def elsewhere() -> Memory:
    memory = Memory(CPU)
    memory.device = torch.device("cuda", 0)  # as where there is one
    return memory


@pytest.mark.parametrize(("offload", "what"), [("none", "to"), ("model", "model"),
                                              ("sequential", "sequential")])  # fmt: skip
def test_networks_wait_where_they_were_told_to(offload: str, what: str) -> None:
    pipeline = Recorded()
    assert place(pipeline, elsewhere(), offload, attention_slicing=False) == []
    assert pipeline.asked == [(what, torch.device("cuda", 0))]


@pytest.mark.parametrize("offload", ["model", "sequential"])
def test_there_is_nothing_to_offload_from_on_a_cpu(offload: str) -> None:
    pipeline = Recorded()
    notes = place(pipeline, Memory(CPU), offload, attention_slicing=True)
    assert notes == [f"offload {offload} has no effect: everything runs on the CPU"]
    assert pipeline.asked == [("slicing", None), ("to", CPU)]


def test_a_device_without_room_is_told() -> None:
    with pytest.raises(BackendError, match="too small even for 1 copy of the networks") as caught:
        place(Recorded(room=False), elsewhere(), "none", attention_slicing=False)
    assert "--device cpu" in caught.value.fix


def test_attention_in_slices_says_the_same(tiny: Maker) -> None:
    found = find(str(tiny()))
    generator = torch.Generator().manual_seed(0)
    latents = torch.randn(1, 9, 8, 8, generator=generator)
    words = torch.randn(1, 77, 32, generator=generator)
    told = []
    for slicing in (False, True):
        loaded = load_diffusion(found, CPU, torch.float32, attention_slicing=slicing)
        with torch.inference_mode():
            out = loaded.pipeline.unet(latents, 500, encoder_hidden_states=words).sample
        told.append(out.numpy())
    assert np.allclose(told[0], told[1], atol=1e-5)
    assert told[0].std() > 1e-3


def test_the_libraries_say_nothing_of_half_precision(tiny: Maker) -> None:
    said: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    ear, library = Ear(), logging.getLogger("diffusers")
    library.addHandler(ear)
    try:
        load_diffusion(find(str(tiny())), CPU, torch.float16)
        library.warning("heard")
    finally:
        library.removeHandler(ear)
    assert said == ["heard"]


def test_an_autoencoder_that_overflows_stays_exact(tiny: Maker) -> None:
    loaded = load_diffusion(find(str(tiny("sdxl"))), CPU, torch.float16).pipeline
    assert loaded.unet.dtype == torch.float16
    assert loaded.vae.dtype == torch.float32
    assert load_diffusion(find(str(tiny("sdxl"))), CPU, torch.bfloat16).pipeline.vae.dtype == (
        torch.bfloat16
    )
