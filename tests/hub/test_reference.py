import dataclasses
from pathlib import Path

from multiplane.hub import reference, table
from multiplane.hub.entries import BundleFile, Entry
from multiplane.hub.reference import models_markdown
from multiplane.hub.sources import HubSource, UrlSource

DOCS = Path(__file__).resolve().parents[2] / "docs" / "models.md"
WRITE = (
    "python -c 'from pathlib import Path; from multiplane.hub.reference import models_markdown; "
    'Path("docs/models.md").write_text(models_markdown(), encoding="utf-8")\''
)


def test_the_page_is_up_to_date():
    assert DOCS.read_text(encoding="utf-8") == models_markdown(), f"type: {WRITE}"


def test_every_entry_is_on_it():
    page = models_markdown()
    for entry in [*table.MODELS.values(), *table.MEDIA.values()]:
        for part in (entry.name, entry.licence, entry.credit, entry.purpose, *_exact(entry)):
            assert part in page


def _exact(entry):
    if isinstance(entry, Entry):
        return [entry.sha256]
    hashes = [file.sha256 for file in entry.files if file.sha256]
    return [entry.revision or "**pinned on first pull**", entry.page, *hashes]


def test_gates_and_loose_pins_are_told(bundle):
    told = reference._describe(bundle)
    assert (
        "[owner/small-net](https://huggingface.co/owner/small-net), **pinned on first pull**"
        in told
    )
    assert "| sha256 | recorded on first pull |" in told
    assert "`video.json` (where there is one)" in told
    assert "gated" not in told
    told = reference._describe(dataclasses.replace(bundle, gated=True, revision="a" * 40))
    assert "**gated**: accept the terms at https://huggingface.co/owner/small-net first" in told
    assert f"at revision `{'a' * 40}`" in told
    files = (bundle.files[0], BundleFile("model.safetensors", "b" * 64))
    told = reference._describe(dataclasses.replace(bundle, files=files))
    assert f"`model.safetensors` `{'b' * 64}`<br>the others are recorded on first pull" in told


def test_archives_and_other_layouts_are_told(entry):
    source = UrlSource("https://example.org/m.pt", tensors_only=True)
    told = reference._describe(dataclasses.replace(entry, source=source, layouts=("a/best.ckpt",)))
    assert "<https://example.org/m.pt>, a PyTorch archive: only tensors are read from it" in told
    assert "| also taken from | `FOLDER/a/best.ckpt` |" in told


def test_sources_of_every_kind_are_described(entry):
    assert "`tinynet/tiny.onnx` in the wheel `tinynet==1.0`" in reference._describe(entry)
    hub = dataclasses.replace(entry, source=HubSource("a/b", "0" * 40, "m.onnx"), commercial=False)
    assert f"`m.onnx` in `a/b` at revision `{'0' * 40}`" in reference._describe(hub)
    assert "commercial use: **no**" in reference._describe(hub)
