"""What a published picture says of itself: how it came about, by what, and when. No prompt, no product.

Search engines and Google Merchant Center read IPTC's DigitalSourceType; it is written after the last encode,
into the file's XMP, and no pixel changes. A C2PA manifest that the file came with no longer validates then.
https://developers.google.com/search/docs/appearance/structured-data/image-license-metadata
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, cast, get_args

from infra.model import Painting
from infra.xmp import embed, extract

Source = Literal[
    "trainedAlgorithmicMedia", "compositeSynthetic", "compositeWithTrainedAlgorithmicMedia", "composite"
]
"""Terms of http://cv.iptc.org/newscodes/digitalsourcetype/: made by a model; real and model-made elements put
together; a photo that a model has edited; elements put together of which none is a model's."""

MADE_BY = "Bestshot"
BY_METHOD: dict[str, Source] = {
    "cut-out": "composite",
    "framed": "composite",
    "arranged": "composite",
    "white": "composite",
    "composited": "compositeSynthetic",
}
"""How a picture was made → what it is. A way that is not listed is taken for a model's."""

VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"
PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
{properties}/>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""
PROPERTY = re.compile(r'(Iptc4xmpExt:\w+|xmp:\w+)(?:="([^"]*)"|>([^<]*)</)')
"""An attribute or a simple element: RDF allows either, and other tools rewrite ours as the other."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """`made_by` is the tool that composed the picture, `model` the one that painted (any of) it, or ""."""

    source: Source
    made_by: str
    model: str
    when: datetime


def provenance_of(painting: Painting, when: datetime) -> Provenance:
    """What a painting's file is to say; `when` is the moment at which it says so."""
    source = BY_METHOD.get(painting.method, "trainedAlgorithmicMedia")
    return Provenance(source, MADE_BY, "" if source == "composite" else painting.painter, when)


def write(data: bytes, provenance: Provenance) -> bytes:
    """The same JPEG, PNG or WebP, saying so in its XMP; ImageError for another kind, or a broken file."""
    moment = provenance.when.astimezone(UTC).isoformat(timespec="seconds")
    properties = {
        "Iptc4xmpExt:DigitalSourceType": VOCABULARY + provenance.source,
        "Iptc4xmpExt:AISystemUsed": provenance.model,
        "xmp:CreatorTool": provenance.made_by,
        "xmp:MetadataDate": moment,
    }
    lines = [f'    {name}="{_attribute(value)}"' for name, value in properties.items() if value]
    return embed(data, PACKET.format(properties="\n".join(lines)).encode())


def read(data: bytes) -> Provenance | None:
    """What a file says of its making; None when it names no source that we know, or no date."""
    packet = extract(data) or b""
    found = {
        name: html.unescape(attribute or element)
        for name, attribute, element in PROPERTY.findall(packet.decode("utf-8", "replace"))
    }
    source = found.get("Iptc4xmpExt:DigitalSourceType", "").removeprefix(VOCABULARY)
    if source not in get_args(Source):
        return None
    try:
        when = datetime.fromisoformat(found.get("xmp:MetadataDate", ""))
    except ValueError:
        return None
    model = found.get("Iptc4xmpExt:AISystemUsed", "")
    return Provenance(cast(Source, source), found.get("xmp:CreatorTool", ""), model, when)


def _attribute(value: str) -> str:
    """A value as XML takes it: escaped, on one line, without control characters."""
    return html.escape("".join(c for c in value if c.isprintable()))
