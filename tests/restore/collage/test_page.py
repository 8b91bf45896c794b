from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from multiplane.restore.collage import page as page_module
from multiplane.restore.collage.page import Page, safe_json
from multiplane.restore.collage.patches import differing
from multiplane.restore.collage.record import read_account
from multiplane.restore.collage.screen import Screen

HOSTILE = '</script><img src=x onerror="alert(1)">&壁画\u2028.png'
FOLDER = Path(page_module.__file__).parent
WHITE = np.array([255, 255, 255], np.uint8)


class Elements(HTMLParser):
    """All elements of a page, and the text within those that hold no elements."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self.inside = tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self.inside, data))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]

    def inner(self, tag: str) -> list[str]:
        return [text for name, text in self.texts if name == tag and text.strip()]


@pytest.fixture
def made(case: Any, record: Any, make_item: Any, tmp_path: Path) -> str:
    item = make_item()
    account = read_account(item.paths("records")[0], item.paths("candidates"))
    page = Page(HOSTILE, case.original, case.damage, Screen(b""), WHITE, 24.0)
    for one, frame in zip(account.restorations, case.restorations, strict=True):
        page.add(one, frame, differing(case.original, frame))
    size = page.write(tmp_path / "page.html", account, ["<b>a note</b>"])
    assert size == (tmp_path / "page.html").stat().st_size
    return (tmp_path / "page.html").read_text(encoding="utf-8")


def test_it_needs_nothing_beside_it(made: str) -> None:
    elements = Elements(made)
    places = [
        one.get("src") or "" for tag in ("img", "script", "iframe") for one in elements.all(tag)
    ]
    assert len([place for place in places if place]) == 5
    assert all(place.startswith("data:image/") for place in places if place)
    assert not elements.all("link") + elements.all("a") + elements.all("iframe")
    assert not re.findall(r"(?:https?:)?//[a-z]", made.partition("<body>")[0])
    assert "fetch(" not in made


def test_nothing_but_its_own_scripts_may_run(made: str) -> None:
    elements = Elements(made)
    (policy,) = [one["content"] or "" for one in elements.all("meta") if "http-equiv" in one]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    for tag, rule in (("script", "script-src"), ("style", "style-src")):
        text = re.findall(rf"<{tag}>(.*?)</{tag}>", made, re.DOTALL)
        assert len(text) == 1
        digest = base64.b64encode(hashlib.sha256(text[0].encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"
    for _, attributes in elements.found:
        assert not [name for name in attributes if name.startswith("on") or name == "style"]


def test_hostile_texts_stay_texts(made: str, record: Any) -> None:
    elements = Elements(made)
    assert len(elements.all("script")) == 2
    assert len(elements.all("img")) == 5  # the original, the damage, three restorations
    assert not [one for one in elements.all("img") if one["src"] == "x"]
    assert HOSTILE in elements.inner("h1")
    assert record["rows"][0]["settings"]["prompt"] in elements.inner("td")
    assert "<b>" not in made
    assert any("onerror=alert(1)" in text for text in elements.inner("pre"))


def test_the_data_can_be_read_and_cannot_end_its_element(made: str, case: Any) -> None:
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', made)
    assert not set("<>&\u2028") & set(text)
    data = json.loads(text)
    assert data["size"] == [90, 60]
    titles = ["original", "damage", "1: diffusion, seed 7", "2: lama", "3: patchmatch, seed 9"]
    assert [view["title"] for view in data["views"]] == titles
    assert [len(view["patches"]) for view in data["views"]] == [0, 1, 1, 1, 1]
    assert len(data["outline"]) == 2


@pytest.mark.parametrize("text", ["</script>", "<!--", "]]>&amp;", "\u2028\u2029", "\udcff"])
def test_json_is_safe_anywhere(text: str) -> None:
    safe = safe_json({text: [text]})
    assert safe.isascii()
    assert not set("<>&") & set(safe)
    assert json.loads(safe) == {text: [text]}


def test_it_can_be_read_without_scripts_and_by_ear(made: str) -> None:
    elements = Elements(made)
    assert all(one.get("alt") for one in elements.all("img"))
    (table,) = [one for one in elements.all("table") if one.get("id") == "restorations"]
    assert table
    assert next(one for one in elements.all("section") if one.get("id") == "viewer").keys() >= {
        "hidden"
    }
    assert "no memory" in made
    assert "<b>" not in made
    assert any("never decide" in text for text in elements.inner("p"))
    for one in elements.all("button"):
        assert one["type"] == "button"


def test_every_element_that_the_scripts_use_is_there(made: str) -> None:
    used = set(re.findall(r'\$\("([a-z]+)"\)', (FOLDER / "viewer.js").read_text(encoding="utf-8")))
    there = {one.get("id") for _, one in Elements(made).found}
    assert used <= there
    assert used


def test_a_smaller_original_is_told(case: Any, make_item: Any, tmp_path: Path) -> None:
    item = make_item()
    account = read_account(item.paths("records")[0], item.paths("candidates"))
    page = Page("wall", case.original, case.damage, Screen(b""), WHITE, 0.001)
    for one, frame in zip(account.restorations, case.restorations, strict=True):
        page.add(one, frame, differing(case.original, frame))
    page.write(tmp_path / "page.html", account)
    assert "page_megapixels" in (tmp_path / "page.html").read_text(encoding="utf-8")
    width, height = page.size
    assert width * height <= 1000


GEOMETRY = """
const assert = require("node:assert");
const g = require(process.argv[1]);
const size = {width: 6000, height: 4000}, pane = {width: 900, height: 700};
const fit = g.fitLook(size, pane);
assert.equal(fit.zoom, 0.15);
assert.deepEqual(g.cornerOf(fit, pane), {x: 0, y: 50});

// what lies under the pointer stays there
let look = fit;
for (const factor of [1.3, 2.7, 1.9, 0.8, 4]) {
  const at = {x: 300, y: 500};
  const under = (one) => [one.x + (at.x - 450) / one.zoom, one.y + (at.y - 350) / one.zoom];
  const next = g.zoomAt(look, factor, at, size, pane);
  under(next).forEach((value, i) => assert.ok(Math.abs(value - under(look)[i]) < 1e-6));
  look = next;
}
assert.ok(g.zoomAt(look, 1e9, {x: 1, y: 1}, size, pane).zoom <= 32);
assert.ok(g.zoomAt(look, 1e-9, {x: 1, y: 1}, size, pane).zoom >= 0.07);
const moved = g.panBy(look, 50, -20, size, pane);
assert.ok(Math.abs((look.x - moved.x) * look.zoom - 50) < 1e-6);
assert.ok(g.panBy(look, 1e9, 0, size, pane).x === 0);

// tiles cover what is seen, without gaps, once
for (const zoom of [0.11, 0.15, 0.5, 0.7, 1, 1.37, 8]) {
  const seen = {x: 2000.3, y: 1500.7, zoom};
  const level = g.levelFor(zoom, size, 512);
  assert.ok(zoom * 2 ** level <= 1 || level === 0);
  assert.ok(zoom * 2 ** level > 0.5 || 512 * 2 ** level >= 6000);
  const tiles = g.visibleTiles(seen, size, pane, 512, level), corner = g.cornerOf(seen, pane);
  const box = [Math.max(0, corner.x), Math.max(0, corner.y),
    Math.min(900, Math.round(corner.x + 6000 * zoom)),
    Math.min(700, Math.round(corner.y + 4000 * zoom))];
  let area = 0;
  for (const one of tiles) {
    assert.ok(one.right > one.left && one.bottom > one.top);
    area += (Math.min(one.right, box[2]) - Math.max(one.left, box[0]))
      * (Math.min(one.bottom, box[3]) - Math.max(one.top, box[1]));
  }
  assert.equal(area, (box[2] - box[0]) * (box[3] - box[1]), `zoom ${zoom}`);
  if (zoom === 1) assert.ok(tiles.every((one) => one.right - one.left === one.width));
}

// every tile above a patch is touched, no other
const touched = g.touchedBy([[500, 10, 30, 5], [5990, 3990, 10, 10]], size, 512);
for (const key of ["0/0/0", "0/1/0", "1/0/0", "0/11/7", "1/5/3", "4/0/0"]) {
  assert.ok(touched.has(key), key);
}
assert.equal(touched.size, 3 + 2 + 2 + 2 + 1);

assert.equal(g.bestColumns(4, {width: 3, height: 2}, {width: 1200, height: 800}, 8), 2);
assert.equal(g.bestColumns(3, {width: 1, height: 3}, {width: 1200, height: 600}, 8), 3);

const order = (cells, falling) => [...cells].sort((a, b) => g.compareCells(a, b, falling)).join();
assert.equal(order(["10", "", "9.5", "-1"], false), "-1,9.5,10,");
assert.equal(order(["10", "", "9.5", "-1"], true), "10,9.5,-1,");
assert.equal(order(["lama", "diffusion"], false), "diffusion,lama");

const second = Uint8ClampedArray.from([10, 20, 30, 255, 0, 0, 0, 255]);
g.differ(Uint8ClampedArray.from([10, 25, 28, 255, 200, 0, 0, 255]), second);
assert.deepEqual([...second], [20, 20, 20, 255, 255, 255, 255, 255]);
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node, which runs the page's code")
def test_the_geometry_of_the_page_is_right() -> None:
    done = subprocess.run(
        ["node", "-e", GEOMETRY, str(FOLDER / "geometry.js")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for name in ("geometry.js", "tiles.js", "viewer.js"):
        done = subprocess.run(
            ["node", "--check", str(FOLDER / name)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
