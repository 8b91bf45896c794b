import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")

from multiplane.tensors.precision import computing, pick_dtype  # noqa: E402 - after the skip

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("name", "dtype"),
    [("auto", "float32"), ("fp32", "float32"), ("fp16", "float16"), ("bf16", "bfloat16")],
)
def test_a_cpu_computes_with_what_was_asked_for(name, dtype):
    assert pick_dtype(name, CPU) is getattr(torch, dtype)


def test_autocast_reaches_the_layers_and_gradients_are_off():
    layer = torch.nn.Linear(4, 4)
    with computing(CPU, torch.bfloat16):
        half = layer(torch.ones(1, 4))
    with computing(CPU, torch.float32):
        full = layer(torch.ones(1, 4))
    assert (half.dtype, full.dtype) == (torch.bfloat16, torch.float32)
    assert not half.requires_grad
    assert torch.allclose(half.float(), full, atol=0.05)


@pytest.mark.parametrize(
    ("generation", "dtype"), [(9, "bfloat16"), (8, "bfloat16"), (7, "float16")]
)
def test_a_gpu_that_only_mimics_bfloat16_computes_with_float16(monkeypatch, generation, dtype):
    def supported(including_emulation=True):
        return including_emulation or generation >= 8

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", supported)
    assert pick_dtype("auto", torch.device("cuda")) is getattr(torch, dtype)
