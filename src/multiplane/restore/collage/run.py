"""The collage stage: restorations beside the original, as one picture and as a page."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np

from multiplane.core.arrays import Frame, Mask, check_same_size
from multiplane.core.errors import InputError
from multiplane.core.items import Item, Json, Planes, Record
from multiplane.core.stage import StreamingWorker
from multiplane.media.encode import Tags
from multiplane.media.images import read_mask
from multiplane.media.pixels import MAX_PIXELS
from multiplane.media.png_stream import write_png_strips
from multiplane.restore.collage.config import CollageOptions
from multiplane.restore.collage.draw import collage_strips, draw_collage, layout_for
from multiplane.restore.collage.layout import Layout
from multiplane.restore.collage.page import Page
from multiplane.restore.collage.patches import differing
from multiplane.restore.collage.record import Account, Restoration, in_order, read_account
from multiplane.restore.collage.screen import Screen
from multiplane.restore.collage.view import View, read_shown, read_touched, read_view
from multiplane.restore.collage.words import caption_of

__all__ = ["Collage", "CollageOptions", "draw_collage"]


class Collage:
    """Shows original, damage and restorations side by side."""

    name: ClassVar[str] = "restore.collage"
    version: ClassVar[int] = 1
    options: ClassVar[type[CollageOptions]] = CollageOptions
    needs: ClassVar[tuple[str, ...]] = ("images", "damage", "candidates", "records")
    accepts: ClassVar[tuple[str, ...]] = ("layers",)
    makes: ClassVar[tuple[str, ...]] = ("collages", "pages")
    metadata: ClassVar[str] = "collage_metadata.json"

    def fingerprint(self, options: CollageOptions) -> str:
        """Nothing beyond options and pictures."""
        return ""

    def open(self, options: CollageOptions) -> CollageWorker:
        """Be ready."""
        return CollageWorker(options)


class CollageWorker(StreamingWorker):
    """Draws one picture at a time."""

    def __init__(self, options: CollageOptions) -> None:
        self._options = options

    def work(self, item: Item) -> Record:
        """Draw and write what is asked for of a picture."""
        began = time.perf_counter()
        one = _Picture(item, self._options)
        files = {"collages": (one.write_collage(),)}
        if one.page is not None:
            files["pages"] = (one.write_page(),)
        one.figures["notes"] = [*one.notes()]
        timings = {"total_s": time.perf_counter() - began}
        return Record(item.id, (Planes(item.id, files),), one.figures, timings)


class _Picture:
    """One picture, its restorations, and what is made of them."""

    def __init__(self, item: Item, options: CollageOptions) -> None:
        """Read all but the restorations.

        Raises:
            InputError: Files are missing, or do not belong together.
        """
        self._item, self._options = item, options
        path, mask = _only(item, "images"), _only(item, "damage")
        self._stem = path.stem
        self._found: list[str] = []
        pictures, layers = item.paths("candidates"), item.paths("layers")
        self.account: Account = read_account(_only(item, "records"), pictures, layers)
        self._order = in_order(self.account, options.order)
        self._view: View = read_view(path)
        self._damage = read_mask(mask)
        check_same_size(self._view.frame, self._damage, ("picture", "damage"))
        count = len(self._order)
        self._captions = tuple(caption_of(one, count) for one in self._order)
        self._layout: Layout = layout_for(self._view.frame, count, options, self._captions)
        self.page = self._open_page(path) if options.page else None
        height, width = self._damage.shape
        self.figures: dict[str, Json] = {
            "size": [width, height],
            "rows": [one.row for one in self._order],
            "missing": [*self.account.missing],
            "bits": self._view.bits,
            "transparent": self._view.transparent,
            "collage_size": [*self._layout.size],
            "collage_shrink": round(self._layout.shrink, 5),
        }

    def write_collage(self) -> str:
        """Write the collage, and hand each restoration to the page on its way.

        Returns:
            Its name, relative to the run folder.
        """
        name, place = self._item.place("collages", f"{self._stem}_collage.png")
        original, damage, layout = self._view.frame, self._damage, self._layout
        strips = collage_strips(
            original, damage, self._restored(), layout, self._options, self._captions
        )
        size = write_png_strips(place, layout.size, strips, self._tags())
        self.figures["collage_bytes"] = size
        return name

    def write_page(self) -> str:
        """Write the page, once all restorations were seen.

        Returns:
            Its name, relative to the run folder.
        """
        assert self.page is not None
        name, place = self._item.place("pages", f"{self._stem}.html")
        self.figures["page_bytes"] = self.page.write(place, self.account, [*self.notes()])
        self.figures["page_size"] = [*self.page.size]
        return name

    def _restored(self) -> Iterator[Frame]:
        """Each restoration in turn, looked at on its way."""
        for one in self._order:
            frame = read_shown(one.picture)
            check_same_size(self._view.frame, frame, ("picture", one.picture.name))
            off = differing(self._view.frame, frame)
            self._hold_against_layer(one, off)
            if self.page is not None:
                self.page.add(one, frame, off)
            yield frame

    def _hold_against_layer(self, one: Restoration, off: Mask) -> None:
        """Note what differs from the original although the layer says that nothing was done."""
        if one.layer is None:
            return
        touched = read_touched(one.layer)
        check_same_size(off, touched, ("picture", one.layer.name))
        count = int(np.count_nonzero(off & ~touched))
        if count:
            self._found.append(
                f"row {one.row} differs from the original in {count} pixels outside of its layer"
            )

    def _open_page(self, path: Path) -> Page:
        paint = np.frombuffer(bytes.fromhex(self._options.mask_rgb[1:]), np.uint8)
        return Page(
            path.name,
            self._view.frame,
            self._damage,
            Screen(self._view.tags.icc),
            paint,
            self._options.page_megapixels,
        )

    def _tags(self) -> Tags:
        """Profile and resolution; a collage that is drawn smaller has no such resolution."""
        tags = self._view.tags
        return tags if self._layout.shrink == 1 else Tags(icc=tags.icc, png_chunks=tags.png_chunks)

    def notes(self) -> Iterator[str]:
        """What whoever looks should know."""
        yield from self._found
        yield from self._view.notes
        if self._view.bits > 8:
            yield "the pictures have 16 bits a channel; collage and page show 8"
        if self._view.transparent:
            yield "what is transparent stands on a chequered ground"
        if self._layout.shrink < 1:
            yield (
                f"the collage is drawn at {100 * self._layout.shrink:.3g} % of the pictures' "
                f"size, as max_megapixels is {self._options.max_megapixels:g}"
            )
        elif self._layout.megapixels * 1e6 > MAX_PIXELS:
            yield (
                f"the collage has {self._layout.megapixels:.0f} megapixels, more than many "
                "programs open; --set collage.max_megapixels=200 draws it smaller"
            )


def _only(item: Item, plane: str) -> Path:
    """The one file of a plane.

    Raises:
        InputError: There is none, or more than one.
    """
    paths = item.paths(plane)
    if len(paths) != 1:
        raise InputError(
            f"{item.id} has {len(paths)} files of {plane}, wanted 1",
            why="a collage is of one picture",
            fix="hand in picture by picture: multiplane run restore-artwork",
        )
    return paths[0]
