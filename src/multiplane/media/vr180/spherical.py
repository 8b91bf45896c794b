"""What a video file says of its sphere: the boxes ``st3d`` and ``sv3d`` of spherical video.

Google's Spherical Video V2 (github.com/google/spatial-media, ``docs/spherical-video-v2-rfc.md``
and ``docs/vr180.md``): ``st3d`` says how two eyes are joined, ``sv3d`` holds the name of its maker
(``svhd``) and the projection (``proj``): its pose (``prhd``) and one of ``equi``, ``cbmp`` and
``mshp``. They are kept as the bytes they are; what they mean is read out of them.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, NoReturn, Self

from multiplane.core.errors import DamagedFileError, MultiplaneError
from multiplane.media.vr180.boxes import Box, find_picture, is_movie, open_file, read_body, walk

Projection = Literal["equirectangular", "cubemap", "mesh"]

MAX_BYTES = 16 * 2**20
"""A larger ``sv3d`` is refused: meshes of cameras take some hundred kilobytes."""
STEREO = {0: "mono", 1: "over_under", 2: "sbs", 3: "custom"}
"""``stereo_mode`` → how the eyes are joined; ``custom`` is in the mesh."""
QUARTER = 0x4000_0000
"""A quarter in 0.32 fixed point: what half of a sphere leaves empty on either side."""

_PROJECTIONS: dict[bytes, Projection] = {
    b"equi": "equirectangular",
    b"cbmp": "cubemap",
    b"mshp": "mesh",
}
_FIX = (
    "write it anew: multiplane.media.vr180.spherical.vr180_boxes(), or drop it with ffmpeg -c copy"
)


@dataclass(frozen=True)
class Spherical:
    """The boxes as they are, and what they say.

    Attributes:
        st3d: The whole box with its header; empty when there is none.
        sv3d: The whole box with its header; empty when there is none.
        stereo_mode: 0 mono, 1 over-under, 2 left-right, 3 in the mesh; None without ``st3d``.
        projection: None without ``sv3d``.
        pose_deg: (yaw, pitch, roll) in degrees; zeros when not said.
        bounds: What the picture leaves empty of a whole sphere, as shares of its height and
            width: (top, bottom, left, right); None unless equirectangular.
        source: Who made the boxes, in its own words.
        swapped: Whether the right eye comes first; only Matroska can say it, and no box.
    """

    st3d: bytes
    sv3d: bytes
    stereo_mode: int | None
    projection: Projection | None
    pose_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    bounds: tuple[float, float, float, float] | None = None
    source: str = ""
    swapped: bool = False

    @classmethod
    def read(cls, st3d: bytes, sv3d: bytes) -> Self:
        """Read boxes.

        Args:
            st3d: The whole box with its header; empty when there is none.
            sv3d: The same of the other.

        Returns:
            What they say, with themselves.

        Raises:
            DamagedFileError: They are not what they should be.
        """
        mode = _stereo_mode(st3d) if st3d else None
        if not sv3d:
            return cls(st3d, sv3d, mode, None)
        parts = _inside(sv3d, b"sv3d")
        source = parts.get(b"svhd", b"")[4:].split(b"\0")[0].decode("utf-8", "replace")
        if b"proj" not in parts:
            refuse_box("sv3d", "has no proj box")
        projection = _inside(parts[b"proj"], b"proj", bare=True)
        kind = next((name for name in _PROJECTIONS if name in projection), None)
        if kind is None:
            refuse_box("proj", "names no projection we know: equi, cbmp or mshp")
        bounds = _bounds(projection[kind]) if kind == b"equi" else None
        pose = _pose(projection.get(b"prhd"))
        return cls(st3d, sv3d, mode, _PROJECTIONS[kind], pose, bounds, source)

    @property
    def half(self) -> bool:
        """Whether the picture is half of a sphere, 180 degrees wide and high."""
        return self.bounds is not None and all(
            abs(share - wanted) < 0.01
            for share, wanted in zip(self.bounds, (0, 0, 0.25, 0.25), strict=True)
        )

    @property
    def whole(self) -> bool:
        """Whether the picture is the whole sphere."""
        return self.bounds is not None and max(self.bounds) < 0.01

    def words(self) -> str:
        """What the boxes say, in words."""
        said = []
        if self.stereo_mode is not None:
            said.append(f"stereo_mode {self.stereo_mode} ({STEREO[self.stereo_mode]})")
        if self.projection:
            said.append(self.projection)
        if self.bounds:
            sides = zip(("top", "bottom", "left", "right"), self.bounds, strict=True)
            edges = ", ".join(f"{side} {share:g}" for side, share in sides)
            extent = "half a sphere, " if self.half else "a whole sphere, " if self.whole else ""
            said.append(f"{extent}empty at {edges}")
        if any(self.pose_deg):
            yaw, pitch, roll = self.pose_deg
            said.append(f"turned by yaw {yaw:g}, pitch {pitch:g}, roll {roll:g} degrees")
        if self.source:
            said.append(f"made by {self.source}")
        return "; ".join(said) or "nothing"


def read_spherical(path: Path | str) -> Spherical | None:
    """Read the boxes of an MP4 or MOV file.

    Args:
        path: A video file.

    Returns:
        What its first picture track says; None when that has no such box, or the file is of
        another kind.

    Raises:
        InputError: The file cannot be read.
        DamagedFileError: It is cut off, or one of the boxes is not what it should be.
    """
    path = Path(path)
    if not is_movie(path):
        return None
    with open_file(path) as file:
        try:
            return _read(file)
        except MultiplaneError as error:
            raise type(error)(f"{path}: {error.what}", why=error.why, fix=error.fix) from error


def _read(file: BinaryIO) -> Spherical | None:
    picture = find_picture(file)
    if picture is None:
        return None
    for entry in picture.entries:
        raw = {box.kind: whole_box(file, box) for box in entry.boxes if box.kind in _KINDS}
        if raw:
            return Spherical.read(raw.get(b"st3d", b""), raw.get(b"sv3d", b""))
    return None


_KINDS = (b"st3d", b"sv3d")


def whole_box(file: BinaryIO, box: Box) -> bytes:
    """Read a box with its header.

    Raises:
        DamagedFileError: It is larger than any such box.
    """
    size = box.stop - box.start
    if size > MAX_BYTES:
        refuse_box(box.kind.decode("latin-1"), f"has {size} bytes, wanted at most {MAX_BYTES}")
    file.seek(box.start)
    return file.read(size)


def vr180_boxes(stereo_mode: int = 2, source: str = "Multiplane") -> Spherical:
    """Make the boxes of a half-equirectangular video that has none.

    Args:
        stereo_mode: 0 one eye, 1 over-under, 2 left-right.
        source: The name to leave in them.

    Returns:
        The boxes ``docs/vr180.md`` asks for: no pose, a quarter empty at the left and right.
    """
    svhd = _made(b"svhd", bytes(4) + source.encode() + b"\0")
    prhd = _made(b"prhd", bytes(4) + struct.pack(">iii", 0, 0, 0))
    equi = _made(b"equi", bytes(4) + struct.pack(">IIII", 0, 0, QUARTER, QUARTER))
    return Spherical.read(
        stereo_box(stereo_mode), _made(b"sv3d", svhd + _made(b"proj", prhd + equi))
    )


def stereo_box(stereo_mode: int) -> bytes:
    """Make a ``st3d`` box."""
    assert stereo_mode in STEREO
    return _made(b"st3d", bytes(4) + bytes([stereo_mode]))


def projection_box(
    kind: bytes, body: bytes, pose_deg: tuple[float, float, float], source: str
) -> bytes:
    """Make a ``sv3d`` box.

    Args:
        kind: ``equi``, ``cbmp`` or ``mshp``.
        body: What stands in that box.
        pose_deg: (yaw, pitch, roll) in degrees.
        source: The name to leave in it.
    """
    svhd = _made(b"svhd", bytes(4) + source.encode() + b"\0")
    angles = (round(angle * 2**16) for angle in pose_deg)
    prhd = _made(b"prhd", bytes(4) + struct.pack(">iii", *angles))
    return _made(b"sv3d", svhd + _made(b"proj", prhd + _made(kind, body)))


def _made(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _inside(data: bytes, kind: bytes, bare: bool = False) -> dict[bytes, bytes]:
    """The bodies of the boxes in a box, the first of each kind; ``bare``: without its header.

    Raises:
        DamagedFileError: It is not one box of that kind.
    """
    if len(data) > MAX_BYTES:
        refuse_box(kind.decode(), f"has {len(data)} bytes, wanted at most {MAX_BYTES}")
    file = io.BytesIO(data)
    inner: dict[bytes, bytes] = {}
    start = 0 if bare else _outer(file, len(data), kind).body
    for box in walk(file, start, len(data)):
        if box.kind not in inner:
            inner[box.kind] = read_body(file, box, 0, len(data))
    return inner


def _outer(file: BinaryIO, size: int, kind: bytes) -> Box:
    """The one box that fills some bytes.

    Raises:
        DamagedFileError: It does not, or is another.
    """
    box = next(walk(file, 0, size), None)
    if box is None or box.kind != kind or box.stop != size:
        refuse_box(kind.decode(), "is not one whole box")
    return box


def _stereo_mode(st3d: bytes) -> int:
    """The mode of a ``st3d`` box.

    Raises:
        DamagedFileError: It is too short, or has a mode that nobody has defined.
    """
    box = _outer(io.BytesIO(st3d), len(st3d), b"st3d")
    body = st3d[box.body :]
    if len(body) < 5 or body[4] not in STEREO:
        said = body[4] if len(body) > 4 else "nothing"
        refuse_box("st3d", f"has the stereo mode {said}, wanted 0 to 3")
    return body[4]


def _bounds(equi: bytes) -> tuple[float, float, float, float]:
    """Top, bottom, left and right as shares.

    Raises:
        DamagedFileError: Too short, or nothing is left between them.
    """
    if len(equi) < 20:
        refuse_box("equi", f"has {len(equi)} bytes, wanted 20")
    top, bottom, left, right = (value / 2**32 for value in struct.unpack(">IIII", equi[4:20]))
    if top + bottom >= 1 or left + right >= 1:
        refuse_box("equi", "leaves nothing of the sphere between its bounds")
    return top, bottom, left, right


def _pose(prhd: bytes | None) -> tuple[float, float, float]:
    """Yaw, pitch and roll in degrees.

    Raises:
        DamagedFileError: Too short.
    """
    if prhd is None:
        return 0.0, 0.0, 0.0
    if len(prhd) < 16:
        refuse_box("prhd", f"has {len(prhd)} bytes, wanted 16")
    yaw, pitch, roll = (value / 2**16 for value in struct.unpack(">iii", prhd[4:16]))
    return yaw, pitch, roll


def refuse_box(kind: str, told: str) -> NoReturn:
    """Say what is wrong with a box.

    Raises:
        DamagedFileError: Always.
    """
    raise DamagedFileError(
        f"the box {kind} {told}",
        why="it says how the picture lies on the sphere, and players would show it wrongly",
        fix=_FIX,
    )
