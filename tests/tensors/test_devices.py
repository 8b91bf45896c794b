import logging

import pytest

from multiplane.core.errors import ConfigError

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")

from multiplane.tensors.devices import describe_cuda, pick_device  # noqa: E402 - after the skip


@pytest.fixture
def no_cuda(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


def test_the_cpu_is_always_there():
    assert pick_device("cpu").type == "cpu"


@pytest.mark.usefixtures("no_cuda")
def test_auto_takes_what_there_is_and_says_so(caplog):
    with caplog.at_level(logging.INFO):
        assert pick_device("auto").type == "cpu"
    assert "cpu, for want of CUDA" in caplog.text
    assert describe_cuda() is None


@pytest.mark.usefixtures("no_cuda")
@pytest.mark.parametrize(("built", "why"), [("12.8", "no GPU"), (None, "without CUDA")])
def test_absent_cuda_is_said(monkeypatch, built, why):
    monkeypatch.setattr(torch.version, "cuda", built)
    with pytest.raises(ConfigError, match="'cuda' is not there") as caught:
        pick_device("cuda")
    assert why in caught.value.why
    assert "multiplane doctor" in caught.value.fix


@pytest.mark.gpu
def test_cuda_is_described():
    assert pick_device("auto").type == "cuda"
    assert "GiB" in describe_cuda()
