import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")

from multiplane.core.errors import BackendError  # noqa: E402 - after the skip
from multiplane.tensors.memory import Memory, fell_short  # noqa: E402 - after the skip

CPU = torch.device("cpu")


class Small:
    """Doubles numbers, with room for so many at once."""

    def __init__(self, room):
        self.room = room
        self.sizes = []

    def __call__(self, batch):
        self.sizes.append(len(batch))
        if len(batch) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return [2 * value for value in batch]


@settings(max_examples=25, deadline=None)  # memory is given back each time, which takes its time
@given(st.integers(0, 40), st.integers(1, 40), st.integers(1, 12))
def test_whatever_fits_every_item_is_done_once_and_in_order(count, size, room):
    memory = Memory(CPU)
    done = list(memory.batched(Small(room), range(count), size, "items"))
    assert done == [2 * value for value in range(count)]


def test_what_was_too_many_is_not_tried_again_and_is_told():
    work, memory = Small(3), Memory(CPU)
    list(memory.batched(work, range(9), 8, "points"))
    assert work.sizes == [8, 4, 2, 2, 2, 2, 1]
    assert memory.notes == [
        "memory fell short with 8 points a batch; went on with 4",
        "memory fell short with 4 points a batch; went on with 2",
    ]


def test_when_not_even_one_fits_it_says_what_to_do():
    with pytest.raises(BackendError, match="too small even for 1 crops a batch") as told:
        list(Memory(CPU).batched(Small(0), [1, 2], 2, "crops"))
    assert "--max-vram-gb" in told.value.fix
    assert isinstance(told.value.__cause__, torch.OutOfMemoryError)


def test_another_error_is_not_taken_for_a_lack_of_memory():
    def work(number):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="shapes"):
        Memory(CPU).fewer(work, 8, "points")


def test_the_real_allocator_is_understood():
    def work(number):
        return torch.empty(number, 1 << 40, dtype=torch.uint8).shape[0]  # 1 TiB each

    with pytest.raises(BackendError, match="too small even for 1024 TiB"):
        Memory(CPU).fewer(work, 4096, "TiB", at_least=1024)


def test_signs_of_too_little():
    assert fell_short(MemoryError())
    assert fell_short(RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling"))
    assert not fell_short(ValueError("out of memory"))


def test_a_cpu_has_no_peak():
    assert Memory(CPU, 10).peak_gb() == 0.0


def test_a_network_goes_where_it_is_to_run():
    network = torch.nn.Linear(2, 2)
    assert Memory(CPU).take(network) is network


def test_a_network_that_does_not_fit_is_told_of(monkeypatch):
    def full(self, device):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(torch.nn.Linear, "to", full)
    with pytest.raises(BackendError, match="too small even for 1 copy of the network") as told:
        Memory(CPU).take(torch.nn.Linear(2, 2))
    assert "take a smaller model" in told.value.fix
