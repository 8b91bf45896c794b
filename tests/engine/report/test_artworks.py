from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote

import cv2
import numpy as np
import pytest

from multiplane.engine.folder import INPUTS, LEFT_OUT, RECIPE
from multiplane.engine.ledger import FILE_NAME, Ledger
from multiplane.engine.report import artworks, write_report
from multiplane.engine.report.artworks import artwork_counts, artwork_ids, artwork_sheets
from multiplane.engine.report.read import read_run

RECIPE_TEXT = """
name: restore-artwork
stages:
  - {id: candidates, stage: restore.candidates}
  - {id: collage, stage: restore.collage}
"""


def row(number: int, rank: int | None, **more: object) -> dict[str, object]:
    score = {"seam": 0.1, "texture": 0.2, "grain": 0.3, "colour": 0.4, "likeness": None,
             "total": 0.5 + number}  # fmt: skip
    return {
        "row": number, "backend": "diffusion", "by": "<diffusion>", "seed": 1233 + number,
        "settings": {"model": "<sd2>"}, "candidate": f"r{number}.png", "layer": f"r{number}.png",
        "scores": score if rank else None, "rank": rank, "notes": [], **more,
    }  # fmt: skip


def record() -> dict[str, object]:
    return {
        "version": 1,
        "picture": {"file": "My <wall>.png", "size": [60, 40], "bits": 16, "kind": "png",
                    "profile": "sRGB", "alpha": True, "turned": False},
        "mask": {"file": "m.png", "mode": "black", "share": 0.0213, "pixels": 51, "pieces": 2,
                 "fitted_from": [30, 20]},
        "rows": [row(1, 2), row(2, 1, notes=["prompt <cut>"]), row(3, None)],
        "failed": [{"row": 4, "backend": "lama", "what": "no weights", "why": "", "fix": "pull"}],
        "notes": ["the mask was <fitted>"],
    }  # fmt: skip


@pytest.fixture
def art_folder(tmp_path: Path) -> Path:
    """A run that restored two pictures; the record of the second is damaged."""
    root = tmp_path / "art"
    root.mkdir()
    (root / RECIPE).write_text(RECIPE_TEXT)
    book = Ledger(root / FILE_NAME)
    for place, step in enumerate(("candidates", "collage")):
        book.start_step(step, place, {"items": [], "skipped": {}})
        book.finish_step(step)
    book.close()
    picture = np.full((40, 60, 3), 120, np.uint8)
    cv2.imwrite(str(tmp_path / "wall.png"), picture)
    given, made, shown = [], [], []
    for group in ("My-wall", "b/x"):
        files = {
            "damage": [f"candidates/damage/{group}/m.png"],
            "candidates": [f"candidates/candidates/{group}/r{n}.png" for n in (1, 2, 3)],
            "layers": [f"candidates/layers/{group}/r{n}.png" for n in (1, 2, 3)],
            "records": [f"candidates/records/{group}/r.json"],
        }
        pages = {"collages": [f"collage/collages/{group}/a #1_collage.png"]}
        for name in (name for of in (files, pages) for names in of.values() for name in names):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            mask = "damage" in name
            cv2.imwrite(str(root / name), picture[..., 0] * 2 if mask else picture) if (
                name.endswith(".png")
            ) else (root / name).write_text(json.dumps(record()))
        given.append({"id": group, "files": {"images": [str(tmp_path / "wall.png")]}, "data": {}})
        figures = {"rows": [{"row": n} for n in (1, 2, 3)], "share": 0.02}
        made.append({"id": group, "figures": figures,
                     "outputs": [{"id": group, "files": files, "data": {}}]})  # fmt: skip
        shown.append({"id": group, "figures": {},
                      "outputs": [{"id": group, "files": pages, "data": {}}]})  # fmt: skip
    (root / "candidates/records/b/x/r.json").write_text("{")
    (root / INPUTS).write_text(json.dumps(given))
    for step, items in (("candidates", made), ("collage", shown)):
        value = {"step": step, "stage": f"restore.{step}", "version": 1, "options": {},
                 "items": items, "failures": [], "skipped": {},
                 "timings": {"wall": 1.0, "items": {}}}  # fmt: skip
        (root / step / "metadata.json").write_text(json.dumps(value))
    return root


def test_what_was_changed_beside_the_damage_counts_too(art_folder: Path) -> None:
    changed = record()
    changed["mask"]["repaired_share"] = 0.0432  # type: ignore[index]
    changed["picture"]["converted"] = "converted from CMYK to sRGB"  # type: ignore[index]
    (art_folder / "candidates/records/My-wall/r.json").write_text(json.dumps(changed))
    facts = dict(artwork_sheets(read_run(art_folder))[0].facts)
    assert facts["made up"] == (
        "4.3 % of the picture, 2 pieces, 51 px of damage; all else is the original, but converted "
        "from CMYK to sRGB"
    )


def test_a_section_a_picture_best_first(art_folder: Path) -> None:
    run = read_run(art_folder)
    assert artwork_ids(run) == ["My-wall", "b/x"]
    assert artwork_counts(run) == (2, 6)
    sheet, damaged = artwork_sheets(run)
    facts = dict(sheet.facts)
    assert sheet.title == "My <wall>.png"
    assert facts["picture"] == "60x40 px, 16 bits, png, sRGB, transparent in places"
    assert facts["made up"] == (
        "2.1 % of the picture, 2 pieces, 51 px of damage; all else is the original, bit for bit"
    )
    assert facts["mask"] == "m.png, black is repaired, fitted from 30x20 px"
    assert [one.cells[:5] for one in sheet.restorations] == [
        ["1", "2", "<diffusion>, <sd2>", "1235", "2.5"],
        ["2", "1", "<diffusion>, <sd2>", "1234", "1.5"],
        ["—", "3", "<diffusion>, <sd2>", "1236", "—"],
    ]
    assert [one.href for one in sheet.restorations[0].links] == [
        "candidates/candidates/My-wall/r2.png", "candidates/layers/My-wall/r2.png",
    ]  # fmt: skip
    assert [(one.text, one.href) for one in sheet.links] == [
        ("collage", "collage/collages/My-wall/a%20%231_collage.png"),
        ("record", "candidates/records/My-wall/r.json"),
    ]
    [(_, shown)] = sheet.rows
    assert [caption for caption, _ in shown[:3]] == [
        "original", "damage", "rank 1 · row 2 · <diffusion> · seed 1235 · score 2.5",
    ]  # fmt: skip
    assert len(shown) == 2 + 3
    assert sheet.failed == [("row 4, lama: no weights", "pull")]
    assert sheet.notes == ["the mask was <fitted>"]
    assert damaged.title == "b/x"
    assert damaged.restorations == []
    assert damaged.notes == ["Its record cannot be read; what is known stands under Figures."]


def test_numbers_are_bounded_and_the_rest_counted(
    art_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artworks, "ROWS_SHOWN", 1)
    run = read_run(art_folder)
    (sheet,) = artwork_sheets(run, most=1)
    assert sheet.hidden == 2
    assert len(sheet.rows[0][1]) == 3
    monkeypatch.setattr(artworks, "MEGAPIXELS_SHOWN", 0.001)
    (sheet,) = artwork_sheets(run, most=1)
    assert sheet.rows == []
    assert "Too large to be shown here as well: see its collage." in sheet.notes


def test_the_page_is_escaped_and_its_links_lead_somewhere(art_folder: Path) -> None:
    lost = {"step": "pairs", "item": "<q>.png", "what": "the <picture> has no mask", "why": "w",
            "fix": "mv <a>"}  # fmt: skip
    (art_folder / LEFT_OUT).write_text(json.dumps([lost]))
    text = write_report(art_folder).read_text(encoding="utf-8")
    assert "<th>pictures</th><td>2</td>" in text
    assert "<th>restorations</th><td>6</td>" in text
    assert "<th>shots</th>" not in text
    for escaped in ("My &lt;wall&gt;.png", "the mask was &lt;fitted&gt;", "prompt &lt;cut&gt;",
                    "<b>&lt;q&gt;.png was left out.</b>", "mv &lt;a&gt;"):  # fmt: skip
        assert escaped in text
    for raw in ("<wall>", "<fitted>", "<cut>", "<diffusion>", "<sd2>", "<q>"):
        assert raw not in text
    assert "1 file has no partner and had no part in the run" in text
    links = re.findall(r'href="([^"]*)"', text)
    assert len(links) >= 8
    assert all((art_folder / unquote(link)).is_file() for link in links)
    (art_folder / LEFT_OUT).unlink()
    text = write_report(art_folder).read_text(encoding="utf-8")
    assert "Compare the 6 restorations of 2 pictures" in text


def test_what_was_found_where_damage_is_only_looked_for(art_folder: Path) -> None:
    kinds = {"cracks": {"count": 3}, "stains": {"count": 0}}
    figures = {"pictures": [{"picture": "<x>.png", "share": 0.0032, "kinds": kinds}]}
    files = {"masks": ["candidates/damage/b/x/m.png"], "overlays": ["candidates/layers/b/x/r1.png"]}
    value = json.loads((art_folder / "candidates" / "metadata.json").read_text())
    value["stage"] = "restore.damage"
    value["items"] = [
        {"id": "b/x", "figures": figures, "outputs": [{"id": "b/x", "files": files, "data": {}}]}
    ]
    (art_folder / "candidates" / "metadata.json").write_text(json.dumps(value))
    run = read_run(art_folder)
    (sheet,) = artwork_sheets(run)
    assert sheet.title == "<x>.png"
    assert dict(sheet.facts)["found"] == "0.32 % of the picture: 3 cracks, 0 stains"
    assert [caption for caption, _ in sheet.rows[0][1]] == ["original", "found", "mask"]
    assert [one.href for one in sheet.links] == [*files["overlays"], *files["masks"]]
    assert "<th>pictures</th><td>1</td>" in write_report(art_folder).read_text(encoding="utf-8")
