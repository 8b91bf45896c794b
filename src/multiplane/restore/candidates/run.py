"""The candidates stage: several restorations of each picture, as files."""

from __future__ import annotations

import logging
import time
from typing import ClassVar, cast

from multiplane.core.atomic import write_text
from multiplane.core.compute import Compute
from multiplane.core.config import Options
from multiplane.core.errors import InputError, MultiplaneError
from multiplane.core.items import Item, Json, Planes, Record
from multiplane.core.plugins import load, origin_of
from multiplane.core.stage import StreamingWorker
from multiplane.core.threads import cpu_count, map_ordered
from multiplane.hub import loras, pipelines, weights
from multiplane.hub.cache import default_cache, remembered_sha256
from multiplane.hub.own import find_own
from multiplane.hub.table import MODELS
from multiplane.measure.restoration import Likeness
from multiplane.media.images import write_mask
from multiplane.media.levels import read_levels
from multiplane.media.pixels import decode, open_picture
from multiplane.restore.candidates.candidate import Candidate, Ground, Repairs
from multiplane.restore.candidates.config import CandidatesOptions
from multiplane.restore.candidates.files import suffix_for, write_candidate
from multiplane.restore.candidates.masks import Canvas, fit_mask
from multiplane.restore.candidates.proposers import Proposers
from multiplane.restore.candidates.record import Source, Written, dump, record_of, told
from multiplane.restore.candidates.repair import AT_ONCE, Workshop, restore_picture
from multiplane.restore.candidates.rim import rim_px
from multiplane.restore.candidates.rows import plan_rows
from multiplane.restore.inpaint.config import GROUP, LamaOptions
from multiplane.restore.inpaint.diffusion import DiffusionOptions

__all__ = ["Candidate", "Candidates", "CandidatesOptions", "restore_picture"]

log = logging.getLogger(__name__)


class Candidates:
    """Several restorations of a damaged picture; outside of the damage it stays as it was."""

    name: ClassVar[str] = "restore.candidates"
    version: ClassVar[int] = 4
    options: ClassVar[type[CandidatesOptions]] = CandidatesOptions
    needs: ClassVar[tuple[str, ...]] = ("images", "masks")
    accepts: ClassVar[tuple[str, ...]] = ()
    makes: ClassVar[tuple[str, ...]] = ("damage", "candidates", "layers", "records")
    metadata: ClassVar[str] = "candidates_metadata.json"

    def fingerprint(self, options: CandidatesOptions) -> str:
        """What really invents, of every row: networks by their weights, foreign ones by release.

        Weights that are asked for are fetched here, before anything runs. Rows whose weights cannot
        be had are missing then; once they can, everything is made again.

        Raises:
            MultiplaneError: Nothing of what the rows need can be had; that of the first.
        """
        marks: list[str] = []
        errors: list[MultiplaneError] = []
        groups = plan_rows(options)
        for group in groups:
            marks += [group.kind, origin_of(group.kind, GROUP)]
            try:
                marks += _networks(group.choice.options)
            except MultiplaneError as error:
                errors.append(error)
                marks.append(f"without {group.kind}")
        if len(errors) == len(groups):
            raise errors[0]
        if options.score and options.lpips_features:
            features = find_own(options.lpips_features)
            marks.append(remembered_sha256(features, default_cache()))
        return " ".join(dict.fromkeys(filter(None, marks)))

    def weights(self, options: CandidatesOptions) -> tuple[str, ...]:
        """Those of the rows' networks that are asked for by name, or that ``auto`` found."""
        backends = [group.choice.options for group in plan_rows(options)]
        names = [b.model for b in backends if isinstance(b, LamaOptions | DiffusionOptions)]
        return tuple(name for name in dict.fromkeys(names) if name in MODELS)

    def open(self, options: CandidatesOptions) -> CandidatesWorker:
        """Load the backends.

        Raises:
            MultiplaneError: None of them can be loaded; that of the first.
        """
        return CandidatesWorker(options)


class CandidatesWorker(StreamingWorker):
    """Restores one picture at a time."""

    def __init__(self, options: CandidatesOptions) -> None:
        """Load the backends; one that cannot be loaded is missing from every picture.

        Raises:
            MultiplaneError: None of them can be loaded; that of the first.
        """
        self._options = options
        proposers = Proposers(Compute.of(options))
        self._workshop = Workshop(options, proposers, _likeness(options))
        errors = []
        for group in self._workshop.groups:
            if group.chosen:
                log.info("candidates: %s", group.chosen)
            try:
                proposers.get(group.choice.options)
            except MultiplaneError as error:
                errors.append(error)
        if len(errors) == len(self._workshop.groups):
            raise errors[0]

    def work(self, item: Item) -> Record:
        """Restore a picture, and write what came of it."""
        began = time.perf_counter()
        source = self._read(item)
        read = time.perf_counter()
        original = source.original
        ground = Ground(original.levels, original.alpha, original.tags.icc)
        repairs = self._workshop.repair(ground, source.fitted.mask)
        made = time.perf_counter()
        files, record = _write(item, source, repairs)
        timings = {
            "read_s": read - began,
            "repair_s": made - read,
            "write_s": time.perf_counter() - made,
        }
        figures = self._figures(source, repairs, record)
        return Record(item.id, (Planes(item.id, files, item.data),), figures, timings)

    def _read(self, item: Item) -> Source:
        """Read a picture and its mask.

        Raises:
            InputError: There is not one of each; or the mask does not fit.
        """
        pictures, masks = item.paths("images"), item.paths("masks")
        if len(pictures) != 1 or len(masks) != 1:
            raise InputError(
                f"{item.id} has {len(pictures)} pictures and {len(masks)} masks, wanted one each",
                why="each picture is restored by itself, with its own mask",
                fix="multiplane run restore-artwork --images FOLDER --masks FOLDER -o OUT",
            )
        options = self._options
        original = read_levels(pictures[0])
        height, width = original.levels.shape[:2]
        drawn = decode(open_picture(masks[0]))
        canvas = Canvas((width, height), original.turned)
        fitted = fit_mask(drawn, canvas, options.mask_mode, options.mask_threshold)
        rim, blend = rim_px(original.levels, fitted.mask), options.feather_px
        if rim > max(0, options.grow_px - blend):
            blended = f", of which --feather-px {blend} are blended" if blend else ""
            missed = (
                f"the damage seems to reach {rim} px beyond this mask, and a rim of it would stay "
                f"round the repair; try --grow-px {rim + blend}{blended}"
            )
            fitted = fitted._replace(notes=(*fitted.notes, missed))
        for note in fitted.notes:
            log.warning("%s: %s", masks[0].name, note)
        return Source(pictures[0], original, masks[0], fitted, options)

    def _figures(
        self, source: Source, repairs: Repairs, record: dict[str, Json]
    ) -> dict[str, Json]:
        """What the metadata says of a picture: the record without what never changes."""
        mask = cast("dict[str, Json]", record["mask"])
        rows = cast("list[dict[str, Json]]", record["rows"])
        keys = ("row", "backend", "by", "seed", "scores", "rank", "notes")
        chosen = {group.kind: group.choice.why for group in self._workshop.groups}
        figures: dict[str, Json] = {
            "picture": source.picture.name,
            "size": [*source.size],
            "share": mask["share"],
            "pixels": mask["pixels"],
            "repaired_pixels": mask["repaired_pixels"],
            "pieces": mask["pieces"],
            "backends": cast("dict[str, Json]", chosen),
            "rows": [{key: row[key] for key in keys} for row in rows],
            "notes": record["notes"],
        }
        if repairs.failed:
            figures["bad_files"] = [
                {
                    **told(one.error),
                    "file": source.picture.name,
                    "what": f"row {one.row} ({one.backend}) is missing: {one.error.what}",
                }
                for one in repairs.failed
            ]
        return figures


def _networks(backend: Options) -> list[str]:
    """What tells the networks of a backend from others; those that are not here are fetched."""
    if isinstance(backend, LamaOptions):
        return [weights.ready(backend.model)]
    if isinstance(backend, DiffusionOptions):
        added = [loras.lora_fingerprint(backend.lora)] if backend.lora else []
        return [pipelines.ready(backend.model, backend.config), *added]
    return []


def _likeness(options: CandidatesOptions) -> Likeness | None:
    if not options.score or not options.lpips_features:
        return None
    judge = load("multiplane.measure.perceptual:Lpips")
    return cast(Likeness, judge(find_own(options.lpips_features)))


def _write(
    item: Item, source: Source, repairs: Repairs
) -> tuple[dict[str, tuple[str, ...]], dict[str, Json]]:
    """Write all that came of a picture.

    Returns:
        The files by plane, and the record.
    """
    stem = source.picture.stem
    known = record_of(source, Repairs(repairs.damage), [])
    like = (source.original, suffix_for(source.picture, source.original, source.options.format))

    def write(candidate: Candidate) -> Written:
        return write_candidate(item, stem, candidate, like, known)

    workers = min(AT_ONCE, cpu_count())
    written = list(map_ordered(write, repairs.candidates, workers, ahead=0))
    damage, place = item.place("damage", f"{stem}.png")
    write_mask(place, repairs.damage.hole)
    record = record_of(source, repairs, written)
    beside, place = item.place("records", f"{stem}.json")
    write_text(place, dump(record))
    files = {
        "damage": (damage,),
        "candidates": tuple(one.candidate for one in written),
        "layers": tuple(one.layer for one in written),
        "records": (beside,),
    }
    return files, record
