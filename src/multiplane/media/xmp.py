"""XMP: what was done to a picture, inside its file, for other programs to read.

A packet is RDF/XML (ISO 16684-1). Ours states each repair in a list of its own namespace, so that
a picture that is repaired twice tells of both. A packet that a picture already has keeps its
bytes; ours are inserted. It is read by expat alone, and one that declares a document type or
entities is not read at all, so none can be expanded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from multiplane.core.items import Json
from multiplane.media import pixels
from multiplane.media.packet import RDF, Packet, scan

NAMESPACE = "http://ns.multiplane.org/restoration/1.0/"
"""Of our own properties. A name, not an address: nothing lies there, and nothing is fetched."""
GENERATIVE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
"""IPTC digital source type of a picture partly invented by a model that was trained."""
ALGORITHMIC = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicallyEnhanced"
"""IPTC digital source type of a picture repaired by rules, from its own pixels."""
SPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
}
"""Prefixes that keys may have, beside none: those of our own properties have none."""
MOST_BYTES = 8 * 2**20
"""A longer packet of a picture is left out."""

_OURS = "multiplane"
_LANGUAGES = frozenset({"dc:description", "dc:title", "dc:rights"})
_REPLACED = ("Iptc4xmpExt", "DigitalSourceType")
"""What the picture was is no longer true of one that was repaired."""
_ORIENTATION = re.compile(rb'(tiff:Orientation(?:="|=\'|>))[0-9]')
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NO_NAME = re.compile(r"[^A-Za-z0-9_.-]")


def build(properties: Mapping[str, Json]) -> bytes:
    """Write a packet.

    Args:
        properties: Name → value. Names without a prefix are of our namespace and describe one
            repair; ``dc:description``, ``xmp:CreatorTool`` and others of :data:`SPACES` describe
            the picture. Lists and mappings nest; None is left out.

    Returns:
        UTF-8.
    """
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
        f'<rdf:RDF xmlns:rdf="{RDF}">\n'
        f"{_description(properties, '')}"
        "</rdf:RDF>\n</x:xmpmeta>\n"
        '<?xpacket end="w"?>'
    ).encode()


def merge(source: bytes, properties: Mapping[str, Json]) -> tuple[bytes, str]:
    """Add to the packet that a picture has.

    Its bytes stay, but for the type of its source, which ours replaces. Of other
    properties with a prefix those it has already are not stated again.

    Args:
        source: The packet; empty for none.
        properties: As for :func:`build`.

    Returns:
        The packet, and a note when the source's had to be left out.
    """
    source = source.strip(b"\0 \r\n\t")
    if not source:
        return build(properties), ""
    if len(source) > MOST_BYTES:
        return build(properties), f"its XMP of {len(source) / 2**20:.0f} MiB was left out"
    packet = scan(source, (NAMESPACE, "Restorations"), (SPACES[_REPLACED[0]], _REPLACED[1]))
    if packet is None:
        return build(properties), "its XMP cannot be read and was left out"
    return _insert(source, packet, properties), ""


def upright(packet: bytes) -> bytes:
    """Reset the orientation that a packet states to 1, as readers turn a picture by it."""
    return _ORIENTATION.sub(rb"\g<1>1", packet)


def read_xmp(path: Path | str) -> bytes:
    """Read the packet of a picture.

    Args:
        path: PNG, JPEG, WebP or TIFF.

    Returns:
        The packet as it stands there; empty when there is none.

    Raises:
        InputError: No such file, or too large.
        DamagedFileError: Empty, or not a picture.
    """
    return pixels.packet_of(pixels.open_picture(Path(path)))


def read_restorations(path: Path | str) -> list[dict[str, str]]:
    """Read what was done to a picture, repair by repair.

    Args:
        path: A picture we wrote.

    Returns:
        Property → text of each, the oldest first; properties within others joined by ``/``,
        members of lists by their number from 1.

    Raises:
        InputError: No such file, or too large.
        DamagedFileError: Empty, or not a picture.
    """
    found = _Restorations()
    packet = read_xmp(path)
    if packet and scan(packet, ("", ""), ("", "")) is not None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = found.start
        parser.EndElementHandler = found.end
        parser.CharacterDataHandler = found.text
        parser.Parse(packet, True)
    return found.repairs


class _Restorations:
    """Collects the members of our list."""

    def __init__(self) -> None:
        self.repairs: list[dict[str, str]] = []
        self._path: list[str] = []
        self._members: list[int] = []
        self._text = ""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        del attributes
        space, _, local = name.rpartition(" ")
        if not self._path and (space, local) != (NAMESPACE, "Restorations"):
            return
        if space == RDF and local == "li":
            self._members[-1] += 1
            local = str(self._members[-1])
            if len(self._path) == 2:
                self.repairs.append({})
        self._path.append("" if local == "Seq" and space == RDF else local)
        self._members.append(0)
        self._text = ""

    def end(self, _: str) -> None:
        if not self._path:
            return
        if self._text.strip() and len(self._path) > 3:
            key = "/".join(part for part in self._path[3:] if part)
            self.repairs[-1][key] = self._text
        self._path.pop()
        self._members.pop()
        self._text = ""

    def text(self, text: str) -> None:
        self._text += text


def _insert(source: bytes, packet: Packet, properties: Mapping[str, Json]) -> bytes:
    listed = packet.list_end is not None
    kept = {
        key: value
        for key, value in properties.items()
        if (":" not in key and not listed) or (":" in key and not _states(packet, key))
    }
    cuts = list(packet.replaced) if ":".join(_REPLACED) in properties else []
    pieces = [(start, stop, b"") for start, stop in cuts]
    pieces.append((packet.end, packet.end, _description(kept, packet.about).encode()))
    if packet.list_end is not None:
        own = {key: value for key, value in properties.items() if ":" not in key}
        pieces.append((packet.list_end, packet.list_end, _member(own).encode()))
    for start, stop, new in sorted(pieces, reverse=True):
        source = source[:start] + new + source[stop:]
    return source


def _states(packet: Packet, key: str) -> bool:
    prefix, _, local = key.partition(":")
    return (prefix, local) != _REPLACED and (SPACES.get(prefix, ""), local) in packet.stated


def _description(properties: Mapping[str, Json], about: str) -> str:
    own = {key: value for key, value in properties.items() if _prefix(key) == _OURS}
    rest = [
        _element(key, value, language=key in _LANGUAGES)
        for key, value in properties.items()
        if _prefix(key) != _OURS
    ]
    if not own and not rest:
        return ""
    spaces = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in SPACES.items())
    listed = ""
    if own:
        name = f"{_OURS}:Restorations"
        listed = f"<{name}><rdf:Seq>{_member(own)}</rdf:Seq></{name}>\n"
    return (
        f'<rdf:Description xmlns:rdf="{RDF}" rdf:about={quoteattr(_clean(about))}'
        f' xmlns:{_OURS}="{NAMESPACE}"{spaces}>\n{"".join(rest)}{listed}</rdf:Description>\n'
    )


def _member(own: Mapping[str, Json]) -> str:
    """One repair; it names its namespaces itself, as it may be put into a packet of others."""
    inner = "".join(_element(key, value) for key, value in own.items())
    return (
        f'<rdf:li xmlns:rdf="{RDF}" xmlns:{_OURS}="{NAMESPACE}" rdf:parseType="Resource">\n'
        f"{inner}</rdf:li>\n"
    )


def _prefix(key: str) -> str:
    prefix, colon, _ = key.partition(":")
    return prefix if colon and prefix in SPACES else _OURS


def _element(key: str, value: Json, language: bool = False) -> str:
    if value is None or value in ([], {}):
        return ""
    prefix = _prefix(key)
    local = key if prefix == _OURS else key.partition(":")[2]
    local = _NO_NAME.sub("_", local) or "_"
    if not (local[0].isalpha() or local[0] == "_"):
        local = f"_{local}"
    name = f"{prefix}:{local}"
    if language:
        inner = f'<rdf:li xml:lang="x-default">{_text(value)}</rdf:li>'
        return f"<{name}><rdf:Alt>{inner}</rdf:Alt></{name}>\n"
    if isinstance(value, dict):
        return f'<{name} rdf:parseType="Resource">\n{_members(value)}</{name}>\n'
    if isinstance(value, list):
        members = "".join(
            f'<rdf:li rdf:parseType="Resource">{_members(one)}</rdf:li>'
            if isinstance(one, dict)
            else f"<rdf:li>{_text(one)}</rdf:li>"
            for one in value
        )
        return f"<{name}><rdf:Seq>{members}</rdf:Seq></{name}>\n"
    return f"<{name}>{_text(value)}</{name}>\n"


def _members(value: Mapping[str, Json]) -> str:
    return "".join(_element(key, one) for key, one in value.items())


def _text(value: Json) -> str:
    """A value as XMP writes it, escaped."""
    return escape(_clean("" if value is None else str(value)), {"\r": "&#13;"})


def _clean(text: str) -> str:
    """Without what XML cannot hold: control characters and halves of surrogate pairs."""
    return _NO_XML.sub("\ufffd", text)
