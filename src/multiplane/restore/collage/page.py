"""One HTML file a picture, to zoom into, wipe and blink; it needs nothing beside it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from numpy.typing import NDArray

from multiplane.core.arrays import Frame, Mask
from multiplane.core.atomic import write_beside
from multiplane.restore.collage import words
from multiplane.restore.collage.outline import outline_of
from multiplane.restore.collage.patches import (
    TILE,
    Patch,
    base_size,
    base_url,
    cut_mask,
    cut_patches,
    thumb_url,
)
from multiplane.restore.collage.record import Account, Restoration
from multiplane.restore.collage.screen import Screen

_PACKAGE = "multiplane.restore.collage"
_SCRIPTS = ("geometry.js", "tiles.js", "viewer.js")
_STYLE = "page.css"
_BEFORE_DATA = 2
"""The original and the damage come before the restorations."""


@dataclass(frozen=True)
class Shown:
    """One of the pictures that can be looked at."""

    title: str
    thumb: str
    patches: Sequence[Patch]


@dataclass
class Page:
    """What goes onto the page of one picture; restorations are added one at a time.

    Attributes:
        title: The picture's file name.
        original: (H, W, 3) RGB.
        damage: (H, W), True where it is damaged.
        screen: How colours are shown.
        paint: (3,) RGB the damage is painted in.
        max_megapixels: A larger original is shown smaller.
    """

    title: str
    original: Frame
    damage: Mask
    screen: Screen
    paint: NDArray[np.uint8]
    max_megapixels: float
    _shown: dict[int, Shown] = field(default_factory=dict)

    @property
    def size(self) -> tuple[int, int]:
        """(w, h) at which the original is shown."""
        height, width = self.damage.shape
        return base_size((width, height), self.max_megapixels)

    def add(self, one: Restoration, picture: Frame, off: Mask) -> None:
        """Take what differs from the original; the picture may be let go of then.

        Args:
            one: Which restoration.
            picture: (H, W, 3) RGB.
            off: (H, W), where it differs from the original.
        """
        patches = cut_patches(picture, off, self.screen)
        self._shown[one.row] = Shown(words.title_of(one), thumb_url(picture, self.screen), patches)

    def write(self, path: Path, account: Account, notes: Sequence[str] = ()) -> int:
        """Write the page.

        Args:
            path: Where to; .html.
            account: The record of the picture; all its restorations were added.
            notes: What else is to be said, in words.

        Returns:
            How many bytes it has.

        Raises:
            OutputError: It cannot be written.
        """
        template = _environment().get_template("page.html.j2")
        written = 0
        with write_beside(path) as part, part.open("wb") as file:
            for text in template.generate(**self._content(account, notes)):
                written += file.write(text.encode("utf-8", errors="backslashreplace"))
        return written

    def _content(self, account: Account, notes: Sequence[str]) -> dict[str, Any]:
        views = [*self._first(), *(self._shown[one.row] for one in account.restorations)]
        script, style = _script(), _source(_STYLE)
        height, width = self.damage.shape
        shrunk = self.size != (width, height)
        return {
            "title": self.title,
            "counted": _counted(len(account.restorations)),
            "subtitle": self._subtitle(account),
            "policy": _policy(script, style),
            "style": Markup(style),
            "script": Markup(script),
            "base": base_url(self.original, self.size, self.screen),
            "base_size": self.size,
            "views": views,
            "columns": words.COLUMNS,
            "rows": [_row(*pair) for pair in enumerate(account.restorations, _BEFORE_DATA)],
            "missing": account.missing,
            "facts": list(words.facts_of(account.raw)),
            "warnings": [_SMALLER.format(*self.size)] if shrunk else [],
            "notes": [*words.notes_of(account), *notes, *filter(None, [self.screen.note])],
            "record": json.dumps(account.raw, indent=1, ensure_ascii=False),
            "data": _data((width, height), views, self.damage),
        }

    def _first(self) -> Iterator[Shown]:
        """The original and the damage."""
        yield Shown("original", "", ())
        painted = self.original.copy()
        painted[self.damage] = self.paint
        patches = cut_mask(self.damage, self.screen.show(self.paint[None])[0])
        yield Shown("damage", thumb_url(painted, self.screen), patches)

    def _subtitle(self, account: Account) -> str:
        height, width = self.damage.shape
        share = 100 * float(self.damage.mean())
        return (
            f"{width} x {height} pixels; {share:.3g} % damaged; "
            f"{_counted(len(account.restorations))}"
        )


_SMALLER = (
    "The original is shown at {0} x {1} pixels here, to keep this page small. Repairs are at full "
    "size, so they look sharper than what lies round them; judge sharpness in the collage or the "
    "pictures themselves. --set collage.page_megapixels=400 shows it all."
)


def _counted(count: int) -> str:
    return "1 restoration" if count == 1 else f"{count} restorations"


def _row(view: int, one: Restoration) -> dict[str, Any]:
    return {
        "view": view,
        "title": words.title_of(one),
        "cells": words.cells_of(one),
        "settings": list(words.flat(one.settings)),
        "notes": one.notes,
    }


def _data(size: tuple[int, int], views: Iterable[Shown], damage: Mask) -> Markup:
    """What the scripts read, as JSON that cannot end the element it stands in."""
    told: Mapping[str, Any] = {
        "size": size,
        "tile": TILE,
        "views": [
            {"title": one.title, "patches": [[*patch.box, patch.url] for patch in one.patches]}
            for one in views
        ],
        "outline": outline_of(damage),
    }
    return Markup(safe_json(told))


def safe_json(value: object) -> str:
    """JSON that is safe inside any element of HTML: ASCII, without < > and &."""
    text = json.dumps(value, separators=(",", ":"))
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


@cache
def _environment() -> Environment:
    loader = PackageLoader(_PACKAGE, "")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined)


@cache
def _source(name: str) -> str:
    environment = _environment()
    assert environment.loader is not None
    text, _, _ = environment.loader.get_source(environment, name)
    return text


def _script() -> str:
    """All scripts in one."""
    return "".join(_source(name) for name in _SCRIPTS)


def _policy(script: str, style: str) -> str:
    """Nothing may be loaded or run but what stands in the page."""
    hashes = [
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
        for text in (script, style)
    ]
    return (
        f"default-src 'none'; img-src data:; script-src 'sha256-{hashes[0]}'; "
        f"style-src 'sha256-{hashes[1]}'; base-uri 'none'; form-action 'none'"
    )
