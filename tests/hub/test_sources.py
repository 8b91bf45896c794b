import dataclasses

import pytest

from multiplane.hub.sources import HubSource, UrlSource, WheelSource


def test_sources_name_themselves():
    wheel = WheelSource("pack", "1.0", "pack/net.onnx")
    assert str(wheel) == "pack/net.onnx of the wheel pack==1.0"
    hub = HubSource("owner/name", "0123456789abcdef" + "0" * 24, "model.safetensors")
    assert str(hub) == "model.safetensors of owner/name at 0123456789ab"


def test_addresses_name_themselves_and_hold_no_code_unless_said():
    source = UrlSource("https://example.org/m.safetensors")
    assert str(source) == "https://example.org/m.safetensors"
    assert not source.tensors_only


def test_sources_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        WheelSource("pack", "1.0", "pack/net.onnx").package = "other"
