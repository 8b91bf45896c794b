"""What was made up in a picture, and by what: for the record beside it and inside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

from multiplane.core.errors import InputError, MultiplaneError
from multiplane.core.items import Json
from multiplane.core.provenance import versions
from multiplane.media.levels import Original
from multiplane.media.xmp import ALGORITHMIC, GENERATIVE
from multiplane.restore.candidates.candidate import Candidate, Failed, Repairs
from multiplane.restore.candidates.config import CandidatesOptions
from multiplane.restore.candidates.masks import FittedMask
from multiplane.restore.candidates.repair import NOTHING

VERSION = 1
CLASSICAL = frozenset({"patchmatch", "opencv"})
"""Backends that invent from the picture alone, without a model that was trained."""


@dataclass(frozen=True)
class Source:
    """A picture and its mask, as they were read.

    Attributes:
        picture: The file of the picture.
        original: What was in it.
        mask: The file of the mask.
        fitted: What was in it, on the picture.
        options: How it is restored.
    """

    picture: Path
    original: Original
    mask: Path
    fitted: FittedMask
    options: CandidatesOptions

    @property
    def size(self) -> tuple[int, int]:
        """(W, H) upright."""
        height, width = self.original.levels.shape[:2]
        return width, height


@dataclass(frozen=True)
class Written:
    """Where a candidate lies.

    Attributes:
        candidate: The restored picture, relative to the run folder.
        layer: Its repair alone.
        notes: What those files could not hold.
    """

    candidate: str
    layer: str
    notes: tuple[str, ...] = ()


def sha256_of(path: Path) -> str:
    """The hash of a file as it is.

    Raises:
        InputError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {(error.strerror or str(error)).lower()}",
            why="its hash belongs into the record",
            fix="leave the pictures where they are while they are restored",
        ) from error


def record_of(source: Source, repairs: Repairs, written: list[Written]) -> dict[str, Json]:
    """The record of a picture.

    Args:
        source: The picture.
        repairs: What came of it.
        written: Where each candidate lies, in their order.

    Returns:
        What JSON can hold; the same whenever the same work is done again.
    """
    return {
        "version": VERSION,
        "picture": _picture(source),
        "mask": _mask(source, repairs),
        "method": _method(source.options),
        "rows": [_row(one, at) for one, at in zip(repairs.candidates, written, strict=True)],
        "failed": [_failed(one) for one in repairs.failed],
        "software": cast("dict[str, Json]", versions()),
        "notes": [*source.original.notes, *source.fitted.notes, *repairs.notes],
    }


def dump(record: dict[str, Json]) -> str:
    """A record as text to read."""
    return json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def statement(record: dict[str, Json], candidate: Candidate) -> dict[str, Json]:
    """What a candidate's own file states in its XMP.

    Args:
        record: The record of its picture; its rows need not be there yet.
        candidate: The candidate.

    Returns:
        Property → value, see :func:`multiplane.media.xmp.build`.
    """
    picture = cast("dict[str, Json]", record["picture"])
    mask = cast("dict[str, Json]", record["mask"])
    stated: dict[str, Json] = {
        "Software": f"multiplane {versions().get('multiplane', '')}".strip(),
        "Backend": candidate.backend,
        "InventedBy": candidate.by,
        "Seed": candidate.seed,
        "Settings": _titled(candidate.settings),
        "MaskShare": mask["share"],
        "RepairedShare": mask["repaired_share"],
        "RepairedPixels": mask["repaired_pixels"],
        "Original": {
            "File": picture["file"],
            "SHA256": picture["sha256"],
            "Converted": picture.get("converted"),
        },
        "Mask": {"File": mask["file"], "SHA256": mask["sha256"]},
        "Method": _titled(cast("dict[str, Json]", record["method"])),
    }
    if candidate.backend != NOTHING:
        trained = candidate.backend not in CLASSICAL
        stated["Iptc4xmpExt:DigitalSourceType"] = GENERATIVE if trained else ALGORITHMIC
    return stated


def texts(stated: dict[str, Json]) -> dict[str, str]:
    """The same for those who open a PNG in a plain viewer.

    Args:
        stated: From :func:`statement`.

    Returns:
        Keyword → text.
    """
    own = {key: value for key, value in stated.items() if ":" not in key and value is not None}
    share, by = stated["RepairedShare"], stated["InventedBy"]
    told = "nothing was repaired"
    if by != NOTHING:
        told = f"{_percent(share)} of the picture is made up by {by}"
    converted = cast("dict[str, Json]", stated["Original"]).get("Converted")
    rest = f"but {converted}" if converted else "bit for bit"
    return {
        "Software": str(stated["Software"]),
        "Comment": f"Restoration: {told}; the rest is the original, {rest}.",
        "Restoration": json.dumps(own, ensure_ascii=True, sort_keys=True),
    }


def _picture(source: Source) -> dict[str, Json]:
    original = source.original
    return {
        "file": source.picture.name,
        "sha256": sha256_of(source.picture),
        "size": [*source.size],
        "bits": original.bits,
        "kind": original.kind,
        "profile": original.profile_name,
        "alpha": original.alpha is not None,
        "turned": original.turned != 1,
        "converted": original.converted or None,
    }


def _mask(source: Source, repairs: Repairs) -> dict[str, Json]:
    damage, options, fitted = repairs.damage, source.options, source.fitted
    marked, changed = int(damage.mask.sum()), len(damage.places)
    return {
        "file": source.mask.name,
        "sha256": sha256_of(source.mask),
        "mode": options.mask_mode,
        "threshold": options.mask_threshold,
        "fitted_from": [*fitted.fitted_from] if fitted.fitted_from else None,
        "share": round(marked / damage.mask.size, 6),
        "pixels": marked,
        "repaired_share": round(changed / damage.mask.size, 6),
        "repaired_pixels": changed,
        "pieces": damage.pieces,
        "grow_px": options.grow_px,
        "feather_px": min(options.feather_px, options.grow_px),
    }


def _method(options: CandidatesOptions) -> dict[str, Json]:
    """What all rows share and changes their pixels."""
    return {
        "context_px": options.context_px,
        "together": options.together,
        "match_colour": options.match_colour,
        "match_grain": options.match_grain,
    }


def _row(one: Candidate, at: Written) -> dict[str, Json]:
    return {
        "row": one.row,
        "backend": one.backend,
        "by": one.by,
        "seed": one.seed,
        "settings": dict(one.settings),
        "candidate": Path(at.candidate).name,
        "layer": Path(at.layer).name,
        "scores": cast("dict[str, Json]", asdict(one.score)) if one.score else None,
        "rank": one.rank,
        "notes": [*one.notes, *at.notes],
    }


def _failed(one: Failed) -> dict[str, Json]:
    return {"row": one.row, "backend": one.backend, "seed": one.seed, **told(one.error)}


def told(error: MultiplaneError) -> dict[str, Json]:
    """An error in its three parts."""
    return {"what": error.what, "why": error.why, "fix": error.fix}


def _titled(values: Mapping[str, Json]) -> dict[str, Json]:
    """As XMP spells names."""
    return {"".join(map(str.capitalize, key.split("_"))): one for key, one in values.items()}


def _percent(share: Json) -> str:
    value = 100.0 * float(share) if isinstance(share, int | float) else 0.0
    return f"{value:.2g} %" if value < 10 else f"{value:.0f} %"
