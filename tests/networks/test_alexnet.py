import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")

from multiplane.networks.alexnet import WIDTHS, AlexNet  # noqa: E402 - after the skip


def test_five_maps_of_known_size():
    maps = AlexNet()(torch.zeros(2, 3, 64, 96))
    assert [tuple(seen.shape) for seen in maps] == [
        (2, 64, 15, 23), (2, 192, 7, 11), (2, 384, 3, 5), (2, 256, 3, 5), (2, 256, 3, 5),
    ]  # fmt: skip
    assert tuple(seen.shape[1] for seen in maps) == WIDTHS


def test_keys_are_those_of_torchvision():
    models = pytest.importorskip("torchvision.models", reason="needs torchvision")
    theirs = {
        f"features.{name}": value.shape
        for name, value in models.alexnet(weights=None).features.state_dict().items()
    }
    assert {name: value.shape for name, value in AlexNet().state_dict().items()} == theirs


def test_the_last_map_is_what_torchvision_computes():
    models = pytest.importorskip("torchvision.models", reason="needs torchvision")
    theirs = models.alexnet(weights=None).features.eval()
    ours = AlexNet().eval()
    ours.features.load_state_dict(theirs.state_dict())
    picture = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        last = ours(picture.clone())[-1]
        assert torch.allclose(torch.nn.functional.max_pool2d(last, 3, 2), theirs(picture.clone()))
