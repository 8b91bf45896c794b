import dataclasses
from pathlib import Path

from multiplane.hub import reference, table
from multiplane.hub.reference import models_markdown
from multiplane.hub.sources import HubSource

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
        for part in (entry.name, entry.sha256, entry.licence, entry.credit, entry.purpose):
            assert part in page


def test_sources_of_every_kind_are_described(entry):
    assert "`tinynet/tiny.onnx` in the wheel `tinynet==1.0`" in reference._describe(entry)
    hub = dataclasses.replace(entry, source=HubSource("a/b", "0" * 40, "m.onnx"), commercial=False)
    assert f"`m.onnx` in `a/b` at revision `{'0' * 40}`" in reference._describe(hub)
    assert "commercial use: **no**" in reference._describe(hub)
