from __future__ import annotations

import logging
import os
import warnings

import pytest

torch = pytest.importorskip("torch", reason="needs pip install 'multiplane[neural]'")
safetensors_torch = pytest.importorskip("safetensors.torch", reason="needs safetensors")

from tiny_lama import save_twin, save_upstream, some_picture, tiny_generator  # noqa: E402

from multiplane.core.errors import WeightsError  # noqa: E402 - after the skips
from multiplane.networks.lama import load_lama, predict  # noqa: E402


@pytest.fixture(scope="module")
def tiny():
    return tiny_generator(blocks=2, width=3)


@pytest.fixture(scope="module")
def painted(tiny):
    return predict(tiny, *some_picture())


@pytest.fixture(scope="module")
def twin(tiny, tmp_path_factory):
    return save_twin(tmp_path_factory.mktemp("twin") / "big-lama.pt", tiny)


class Callback:
    def __reduce__(self):
        return Callback, ()


def save(folder, kind, generator):
    path = folder / "weights"
    state = generator.state_dict()
    if kind == "folder":
        save_upstream(folder / "big-lama", generator)
        return folder / "big-lama"
    if kind == "lightning":
        return save_upstream(path, generator)
    if kind == "lightning with objects":
        return save_upstream(path, generator, callbacks={Callback: Callback()})
    if kind == "safetensors":
        safetensors_torch.save_file(state, path)
    else:
        prefix = "generator." if "generator" in kind else ""
        torch.save(
            {f"{prefix}{name}": value for name, value in state.items()},
            path,
            _use_new_zipfile_serialization="old" not in kind,
        )
    return path


@pytest.mark.parametrize(
    "kind",
    [
        "folder", "lightning", "lightning with objects", "plain", "plain, generator.",
        "plain, old format", "safetensors",
    ],
)  # fmt: skip
def test_every_form_gives_the_same_network(tmp_path, tiny, painted, kind):
    generator = load_lama(save(tmp_path, kind, tiny))
    assert (generator.blocks, generator.width) == (2, 3)
    assert not generator.training
    state = generator.state_dict()
    assert list(state) == list(tiny.state_dict())
    for name, value in tiny.state_dict().items():
        assert torch.equal(state[name], value), name
        assert state[name].dtype == value.dtype
    assert not any(value.requires_grad for value in generator.parameters())
    assert torch.equal(predict(generator, *some_picture()), painted)


def test_the_twin_paints_what_torchscript_paints(twin, tiny):
    images, masks = some_picture()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TorchScript is deprecated; its files remain
        scripted = torch.jit.load(str(twin))
        theirs = scripted(images, masks)
    state = scripted.state_dict()
    assert set(state) == {f"model.generator.{name}" for name in tiny.state_dict()}
    generator = load_lama(twin)
    for name, value in generator.state_dict().items():
        assert torch.equal(value, state[f"model.generator.{name}"]), name
    ours = predict(generator, images, masks)
    assert torch.equal(masks * ours + (1 - masks) * images, theirs)
    assert (theirs - images).abs().max() > 0.1


def test_size_is_read_from_the_weights(tmp_path):
    for blocks, width in ((1, 2), (3, 5)):
        path = tmp_path / f"{blocks}.pth"
        torch.save(tiny_generator(blocks, width).state_dict(), path)
        generator = load_lama(path)
        assert (generator.blocks, generator.width) == (blocks, width)


def test_half_precision_becomes_float32(tmp_path, tiny):
    path = tmp_path / "half.safetensors"
    state = {
        name: value.half() if value.is_floating_point() else value
        for name, value in tiny.state_dict().items()
    }
    safetensors_torch.save_file(state, path)
    weight = load_lama(path).model[1].ffc.convl2l.weight
    assert weight.dtype == torch.float32
    assert torch.equal(weight, state["model.1.ffc.convl2l.weight"].float())


def test_counters_may_be_left_out(tmp_path, tiny, painted):
    path = tmp_path / "lean.safetensors"
    state = {n: v for n, v in tiny.state_dict().items() if "num_batches" not in n}
    safetensors_torch.save_file(state, path)
    assert torch.equal(predict(load_lama(path), *some_picture()), painted)


def test_a_folder_with_one_file(tmp_path, tiny, painted):
    safetensors_torch.save_file(tiny.state_dict(), tmp_path / "lama.safetensors")
    (tmp_path / "README.md").write_text("about", encoding="utf-8")
    assert torch.equal(predict(load_lama(tmp_path), *some_picture()), painted)
    torch.save({}, tmp_path / "other.pt")
    with pytest.raises(
        WeightsError, match=r"2 files with weights: lama\.safetensors, oth"
    ) as caught:
        load_lama(tmp_path)
    assert caught.value.fix == "name the file with the weights"


def test_an_empty_folder_says_what_belongs_where(tmp_path):
    with pytest.raises(WeightsError, match="0 files with weights") as caught:
        load_lama(tmp_path)
    assert caught.value.fix == f"put best.ckpt at {tmp_path / 'models' / 'best.ckpt'}"


def test_another_network_is_told_key_by_key(tmp_path, tiny):
    state = dict(tiny.state_dict())
    del state["model.6.conv2.bn_g.bias"]
    state["model.5.conv1.ffc.convg2g.lfu.bn.bias"] = torch.zeros(3)
    state["model.2.ffc.convl2l.weight"] = torch.zeros(6, 3, 5, 5)
    path = tmp_path / "other.pth"
    torch.save(state, path)
    with pytest.raises(WeightsError) as caught:
        load_lama(path)
    assert caught.value.what == (
        f"the weights in {path} do not fit LamaGenerator: 1 missing: model.6.conv2.bn_g.bias; "
        "1 extra: model.5.conv1.ffc.convg2g.lfu.bn.bias; 1 of another shape: "
        "model.2.ffc.convl2l.weight 6x3x5x5 in the file, 6x3x3x3 in the network"
    )
    assert "name big-lama, LaMa-Fourier or a fine-tune" in caught.value.fix


def test_something_else_altogether(tmp_path):
    path = tmp_path / "net.safetensors"
    safetensors_torch.save_file({f"layer{i}": torch.zeros(1) for i in range(5)}, path)
    with pytest.raises(WeightsError, match=r"no generator of LaMa: 1 missing: model\.1") as caught:
        load_lama(path)
    assert caught.value.why == (
        "only LaMa is read here, and its tensors are layer0, layer1, layer2 and 2 more"
    )
    assert "big-lama.pt" in caught.value.fix


@pytest.mark.parametrize("shape", [(0, 4, 7, 7), (4096, 4, 7, 7), ()])
def test_sizes_that_no_lama_has(tmp_path, shape):
    path = tmp_path / "net.pth"
    torch.save({"model.1.ffc.convl2l.weight": torch.zeros(shape)}, path)
    with pytest.raises(WeightsError, match="0 blocks and width") as caught:
        load_lama(path)
    assert "big-lama has 18 and 64" in caught.value.why


def test_a_giant_of_many_blocks_is_not_built(tmp_path, tiny):
    state = dict(tiny.state_dict())
    more = {f"model.{i}.conv1.ffc.convl2l.weight": torch.zeros(1) for i in range(5, 300)}
    torch.save(state | more, tmp_path / "net.pth")
    with pytest.raises(WeightsError, match="295 blocks"):
        load_lama(tmp_path / "net.pth")


def test_values_that_are_no_numbers(tmp_path, tiny):
    state = dict(tiny.state_dict())
    state["model.1.bn_l.bias"] = torch.tensor([0.0, float("nan"), 0.0])
    torch.save(state, tmp_path / "nan.pth")
    with pytest.raises(WeightsError, match=r"model\.1\.bn_l\.bias .* no numbers") as caught:
        load_lama(tmp_path / "nan.pth")
    assert "damaged" in caught.value.why


def test_a_pickle_that_runs_code(tmp_path, tiny):
    class Evil:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path / 'marker'}",)

    save_upstream(tmp_path / "evil", tiny, hyper_parameters=Evil())
    with pytest.raises(WeightsError, match="would run code") as caught:
        load_lama(tmp_path / "evil")
    assert "do not use this file" in caught.value.fix
    assert not (tmp_path / "marker").exists()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("n_blocks: 2", "n_blocks: 9", "n_blocks: 9, the weights in .* want 2"),
        ("ngf: 3", "ngf: 64", "ngf: 64"),
        ("add_out_act: sigmoid", "add_out_act: tanh", "add_out_act: 'tanh'"),
        ("kind: ffc_resnet", "kind: pix2pixhd_global", "kind: 'pix2pixhd_global'"),
    ],
)
def test_a_config_of_another_network(tmp_path, tiny, old, new, told):
    save_upstream(tmp_path / "lama", tiny)
    config = tmp_path / "lama" / "config.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(WeightsError, match=told) as caught:
        load_lama(tmp_path / "lama")
    assert caught.value.fix == (
        "put the config.yaml of these weights there, or remove it: it is not needed"
    )


@pytest.mark.parametrize(
    "text",
    [
        "generator: {n_blocks: '${env:HOME}', kind: ffc_resnet}",
        "generator: ${generators.big}",
        "- a list",
        "",
        "a: [",
        "x: !!python/object/apply:os.system ['touch marker']",
        "x: &a0 {k: 1}\ny: &a1 {<<: [*a0, *a0]}\ngenerator: {kind: [*a1, *a1]}",
    ],
    ids=["reference", "whole reference", "list", "empty", "no YAML", "code", "bomb"],
)
def test_what_a_config_does_not_say_is_not_compared(tmp_path, tiny, text, monkeypatch, caplog):
    monkeypatch.chdir(tmp_path)
    save_upstream(tmp_path / "lama", tiny)
    (tmp_path / "lama" / "config.yaml").write_text(text, encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        assert load_lama(tmp_path / "lama").blocks == 2
    assert ("not compared" in caplog.text) == (text.startswith(("a: [", "x:")))
    assert not (tmp_path / "marker").exists()
