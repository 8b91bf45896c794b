from __future__ import annotations

from multiplane.media.packet import RDF, scan

LISTED, REPLACED = ("urn:a", "List"), ("urn:a", "Gone")
HEAD = f"<rdf:RDF xmlns:rdf='{RDF}' xmlns:a='urn:a'>"


def look(body: str) -> tuple[bytes, object]:
    source = f"{HEAD}{body}</rdf:RDF>".encode()
    return source, scan(source, LISTED, REPLACED)


def test_properties_are_told_wherever_they_stand() -> None:
    _, found = look(
        "<rdf:Description rdf:about='x' a:One='1'><a:Two>2<a:In/></a:Two></rdf:Description>"
    )
    assert found is not None
    assert {("urn:a", "One"), ("urn:a", "Two")} <= found.stated
    assert ("urn:a", "In") not in found.stated
    assert found.about == "x"
    assert found.list_end is None
    assert found.replaced == []


def test_places_are_counted_in_bytes() -> None:
    source, found = look(
        "<rdf:Description a:Note='ü > ü' a:Gone='ö>' a:More='3'><a:Gone>墙</a:Gone>"
        "<a:List><rdf:Seq><rdf:li>1</rdf:li></rdf:Seq></a:List></rdf:Description>"
    )
    assert found is not None
    assert source[found.end :] == b"</rdf:RDF>"
    assert source[found.list_end :].startswith(b"</rdf:Seq></a:List>")
    assert [source[start:stop].decode() for start, stop in found.replaced] == [
        " a:Gone='ö>'",
        "<a:Gone>墙</a:Gone>",
    ]


def test_an_empty_element_is_found_whole() -> None:
    source, found = look("<rdf:Description><a:Gone rdf:resource='urn:x'/></rdf:Description>")
    assert found is not None
    ((start, stop),) = found.replaced
    assert source[start:stop] == b"<a:Gone rdf:resource='urn:x'/>"


def test_a_document_type_is_refused() -> None:
    source = f"<!DOCTYPE rdf:RDF>{HEAD}</rdf:RDF>".encode()
    assert scan(source, LISTED, REPLACED) is None
    assert scan(source[18:], LISTED, REPLACED) is not None
