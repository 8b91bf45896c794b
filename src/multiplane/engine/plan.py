"""Joins what earlier steps made into the items of the next one, by the id of the planes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from multiplane.core.errors import InputError
from multiplane.core.items import Item, Json, Planes
from multiplane.core.stage import gathered_by
from multiplane.engine.check import Step
from multiplane.engine.fingerprint import hash_json


@dataclass(frozen=True)
class Made:
    """Planes that are there, with what they depend on.

    Attributes:
        planes: The planes.
        key: What they depend on, hashed.
        origin: The id of the input that they came from.
    """

    planes: Planes
    key: str
    origin: str


@dataclass
class Source:
    """What a step (or the user) offers to later steps.

    Attributes:
        made: Planes by id, in order.
        blocked: Ids that never came, and why; with the id of the input they belong to.
    """

    made: dict[str, Made] = field(default_factory=dict)
    blocked: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Planned:
    """An item to do, what its result depends on, and the input it came from."""

    item: Item
    key: str
    origin: str


@dataclass(frozen=True)
class Plan:
    """The items of one step, and those that cannot be: id → (origin, why)."""

    items: tuple[Planned, ...]
    skipped: Mapping[str, tuple[str, str]]


def plan_step(step: Step, stage_key: str, sources: Mapping[str, Source], root: Path) -> Plan:
    """Join the inputs of a step.

    An id is an item when every plane the stage needs is there. Planes it accepts may be missing.
    An id that one of the needed sources could not deliver is skipped. What the stage gathers comes
    from all planes of the same input, and waits until none of them is held up.

    Args:
        step: The step.
        stage_key: What its results depend on apart from the items.
        sources: Step id (or ``input``) → what it offers.
        root: The run folder.

    Returns:
        Items in the order of the first source.
    """
    needed = {step.inputs[plane][0]: None for plane in step.stage.needs}
    skipped: dict[str, tuple[str, str]] = {}
    ids: dict[str, None] = {}
    for owner in needed:
        ids.update(dict.fromkeys(sources[owner].made))
        for name, (origin, _) in sources[owner].blocked.items():
            skipped[name] = (origin, f"waits for {name!r} of {owner!r}, which failed")
    items: list[Planned] = []
    for name in ids:
        if name in skipped:
            continue
        joined = _join(step, name, stage_key, sources, root)
        if isinstance(joined, Planned):
            items.append(joined)
        else:
            skipped[name] = joined
    check_ids(planned.item.id for planned in items)
    return Plan(tuple(items), skipped)


def check_ids(ids: Iterable[str]) -> None:
    """See that ids are unique, safe as paths, and that none is a folder of another.

    Args:
        ids: The ids of one step's items.

    Raises:
        InputError: They are not.
    """
    seen: set[str] = set()
    for name in ids:
        parts = name.split("/")
        safe = not {"", ".", ".."} & set(parts) and not set('\\\0:*?"<>|') & set(name)
        if not safe or name in seen or any(part.startswith(".") for part in parts):
            raise InputError(
                f"{name!r} cannot be the id of planes"
                + (": there are two of it" if name in seen else ""),
                why="ids become folders: unique relative paths whose parts start without a dot",
                fix="give each of the planes an id such as 'clip' or 'clip/0001'",
            )
        seen.add(name)
    for name in seen:
        parents = name.split("/")[:-1]
        for end in range(1, len(parents) + 1):
            if "/".join(parents[:end]) in seen:
                raise InputError(
                    f"the id {'/'.join(parents[:end])!r} is a folder of the id {name!r}",
                    why="the artefacts of one would lie among those of the other",
                    fix="give one of them another id",
                )


def _join(
    step: Step, name: str, stage_key: str, sources: Mapping[str, Source], root: Path
) -> Planned | tuple[str, str]:
    """One item, or (origin, why not)."""
    files: dict[str, tuple[str, ...]] = {}
    data: dict[str, Json] = {}
    depends: list[list[str]] = []
    origin = name
    gathered = gathered_by(step.stage)
    joined = {plane: source for plane, source in step.inputs.items() if plane not in gathered}
    for owner in dict.fromkeys(owner for owner, _ in joined.values()):
        made = sources[owner].made.get(name)
        if made is not None:
            data.update(made.planes.data)
            depends.append([owner, made.key])
            origin = made.origin
    for plane, (owner, theirs) in sorted(joined.items()):
        made = sources[owner].made.get(name)
        if made is not None and theirs in made.planes.files:
            files[plane] = made.planes.files[theirs]
        elif plane in step.stage.needs:
            return origin, f"{owner!r} made no {theirs!r} for {name!r}"
    if gathered:
        parts = _gather(step, origin, sources)
        if isinstance(parts, str):
            return origin, parts
        for plane in gathered:
            files[plane] = tuple(file for part in parts for file in part.files[plane])
        data["parts"] = [
            {
                "id": part.id,
                "files": {k: [*v] for k, v in part.files.items()},
                "data": {**part.data},
            }
            for part in parts
        ]
        depends += [[part.id, part.key] for part in parts]
    key = hash_json([stage_key, name, sorted(files), depends])
    return Planned(Item(name, root, step.id, files, data), key, origin)


@dataclass
class _Part:
    """What is gathered of one part of an item."""

    id: str
    files: dict[str, tuple[str, ...]]
    data: dict[str, Json]
    key: str


def _gather(step: Step, origin: str, sources: Mapping[str, Source]) -> list[_Part] | str:
    """The parts of an input, in their order, or why they cannot be had."""
    parts: dict[str, _Part] = {}
    planes = gathered_by(step.stage)
    for plane in planes:
        owner, theirs = step.inputs[plane]
        for held, (of, why) in sources[owner].blocked.items():
            if of == origin:
                return f"waits for {held!r} of {owner!r}: {why}"
        for name, made in sources[owner].made.items():
            if made.origin == origin and theirs in made.planes.files:
                part = parts.setdefault(name, _Part(name, {}, {}, ""))
                part.files[plane] = made.planes.files[theirs]
                part.data.update(made.planes.data)
                part.key = hash_json([part.key, owner, made.key])
    lacking = [part.id for part in parts.values() if set(part.files) != set(planes)]
    if lacking or not parts:
        return f"nobody made {' and '.join(planes)} of all parts of {origin!r}"
    return list(parts.values())
