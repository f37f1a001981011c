"""What a file says of its making: written into any kind we publish, pixels untouched, read back by others."""

from __future__ import annotations

import struct
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from infra.errors import ImageError
from infra.model import Painting
from infra.provenance import Provenance, provenance_of, read, write
from infra.xmp import embed, extract

WHEN = datetime(2026, 11, 20, 16, 40, 5, tzinfo=UTC)
PAINTED = Provenance("trainedAlgorithmicMedia", "Bestshot", "nano-banana-2.1", WHEN)
PAINTING = Painting("1:1", "k", "image/jpeg", 1, 1, "nano-banana-2.1", "painted", "a secret prompt", "alt")
EXIF = Image.Exif()
EXIF[0x0131] = "a camera"
KINDS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 90},
    "progressive JPEG": {"progressive": True},
    "JPEG with Exif": {"exif": EXIF},
    "JPEG with XMP": {"xmp": b"<x:xmpmeta>somebody else's</x:xmpmeta>"},
    "PNG": {},
    "PNG with alpha": {},
    "WebP": {"quality": 80},
    "lossless WebP": {"lossless": True},
    "WebP with alpha": {"lossless": True},
    "WebP with Exif": {"exif": EXIF},
}


def picture(kind: str) -> bytes:
    mode = "RGBA" if "alpha" in kind else "RGB"
    noise = np.random.default_rng(3).integers(0, 256, (37, 51, len(mode)), np.uint8)
    out = BytesIO()
    name = next(name for name in ("JPEG", "PNG", "WebP") if name in kind)
    Image.fromarray(noise, mode).save(out, name, **KINDS[kind])
    return out.getvalue()


def pixels(data: bytes) -> tuple[str, bytes]:
    with Image.open(BytesIO(data)) as image:
        return image.mode, image.tobytes()


def parsed(packet: bytes) -> ET.Element:
    return ET.fromstring(packet.decode())  # noqa: S314 - our own packet


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_written_and_read_back_without_a_changed_pixel(kind: str) -> None:
    before = picture(kind)
    after = write(before, PAINTED)
    assert read(after) == PAINTED
    assert pixels(after) == pixels(before)
    assert len(after) - len(before) < 900


@pytest.mark.parametrize("kind", KINDS)
def test_another_reader_finds_the_source_as_well_formed_xml(kind: str) -> None:
    with Image.open(BytesIO(write(picture(kind), PAINTED))) as image:
        packet = image.info["xmp"]
    said = parsed(packet).find(".//{*}Description")
    assert said is not None
    values = {name.rpartition("}")[2]: value for name, value in said.attrib.items()}
    assert values["DigitalSourceType"].endswith("/digitalsourcetype/trainedAlgorithmicMedia")
    assert values["AISystemUsed"] == "nano-banana-2.1"
    assert values["MetadataDate"] == "2026-11-20T16:40:05+00:00"


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_word_replaces_the_first(kind: str) -> None:
    once = write(picture(kind), PAINTED)
    later = replace(PAINTED, source="compositeSynthetic")
    twice = write(once, later)
    assert read(twice) == later
    assert twice.count(b"<x:xmpmeta") == 1
    assert b"somebody else" not in twice


@pytest.mark.parametrize("kind", ["JPEG with Exif", "WebP with Exif"])
def test_what_else_the_file_holds_stays(kind: str) -> None:
    with (
        Image.open(BytesIO(picture(kind))) as before,
        Image.open(BytesIO(write(picture(kind), PAINTED))) as after,
    ):
        assert after.info["exif"] == before.info["exif"]


def test_a_webp_is_as_long_as_its_header_says() -> None:
    for kind in ("WebP", "lossless WebP", "WebP with Exif"):
        data = write(picture(kind), PAINTED)
        assert struct.unpack_from("<I", data, 4)[0] == len(data) - 8
        assert data[12:16] == b"VP8X"


@pytest.mark.parametrize(
    ("method", "source", "model"),
    [
        ("cut-out", "composite", ""),
        ("framed", "composite", ""),
        ("painted", "trainedAlgorithmicMedia", "nano-banana-2.1"),
        ("a way of painting yet to come", "trainedAlgorithmicMedia", "nano-banana-2.1"),
    ],
)
def test_what_no_model_made_names_none_and_all_else_says_so(method: str, source: str, model: str) -> None:
    said = provenance_of(replace(PAINTING, method=method), WHEN)
    assert (said.source, said.model) == (source, model)


def test_neither_prompt_nor_key_is_in_the_file() -> None:
    data = write(picture("JPEG"), provenance_of(replace(PAINTING, key="shop/secret-key"), WHEN))
    assert b"secret" not in data


def test_a_local_time_is_the_same_moment() -> None:
    here = replace(PAINTED, when=WHEN.astimezone(timezone(timedelta(hours=9))))
    assert read(write(picture("PNG"), here)) == PAINTED


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=40))
def test_no_name_of_a_model_breaks_the_packet(name: str) -> None:
    data = write(picture("PNG"), replace(PAINTED, model=name))
    parsed(extract(data) or b"")
    said = read(data)
    assert said is not None
    assert said.model == "".join(c for c in name if c.isprintable())


def test_a_picture_that_says_nothing_or_says_it_otherwise_is_read_too() -> None:
    assert read(picture("JPEG")) is None
    assert read(picture("JPEG with XMP")) is None
    as_element = (
        b"<Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/composite"
        b"</Iptc4xmpExt:DigitalSourceType><xmp:MetadataDate>2026-11-20T16:40:05Z</xmp:MetadataDate>"
    )
    assert read(embed(picture("PNG"), as_element)) == Provenance("composite", "", "", WHEN)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WebP"])
def test_a_file_that_is_cut_short_breaks_nothing(kind: str) -> None:
    whole = picture(kind)
    for end in range(0, len(whole), 7):
        with suppress(ImageError):
            assert read(write(whole[:end], PAINTED)) == PAINTED
    with pytest.raises(ImageError):
        write(whole[:30], PAINTED)


def test_other_kinds_are_refused() -> None:
    out = BytesIO()
    Image.new("RGB", (20, 20)).save(out, "GIF")
    with pytest.raises(ImageError, match="not into image/gif"):
        write(out.getvalue(), PAINTED)
