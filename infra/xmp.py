"""XMP packets in image files, put in and read out; every other byte of the file stays as it is.

JPEG keeps the packet in an APP1 segment, PNG in an iTXt chunk, WebP in a chunk of its own, which only its
extended form (VP8X) may have. A packet that is there already is replaced.
https://developer.adobe.com/xmp/docs/XMPSpecifications/ (part 3) and RFC 9649 for WebP
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from infra.errors import ImageError
from infra.pixels import sniff

JPEG_HEAD = b"http://ns.adobe.com/xap/1.0/\0"
JPEG_MORE = b"http://ns.adobe.com/xmp/extension/\0"
"""What did not fit into the first segment of a packet that was there before."""
JPEG_MOST = 0xFFFF - 2 - len(JPEG_HEAD)
PNG_HEAD = b"XML:com.adobe.xmp" + b"\0" * 5
"""Keyword, then: not compressed, no language, no translated keyword."""
SOI, APP0, APP1, SOS, EOI = 0xD8, 0xE0, 0xE1, 0xDA, 0xD9
WEBP_XMP, WEBP_ALPHA = 0x04, 0x10


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of a file. `packet` is the XMP that it holds; what `leads` stands before ours."""

    raw: bytes
    packet: bytes | None = None
    leads: bool = False


def embed(data: bytes, packet: bytes) -> bytes:
    """The same JPEG, PNG or WebP with this packet in it; ImageError for another kind, or a broken file."""
    kind = sniff(data)
    parts = [part for part in _parts(data, kind) if part.packet is None]
    place = max(n for n, part in enumerate(parts) if part.leads) + 1
    before, after = (b"".join(part.raw for part in some) for some in (parts[:place], parts[place:]))
    if kind == "image/jpeg":
        return before + _jpeg_segment(packet) + after
    if kind == "image/png":
        return before + _png_chunk(b"iTXt", PNG_HEAD + packet) + after
    return _webp_file(before + _riff_chunk(b"XMP ", packet))


def extract(data: bytes) -> bytes | None:
    """The file's XMP packet, if it has one."""
    return next((part.packet for part in _parts(data, sniff(data)) if part.packet), None)


def _parts(data: bytes, kind: str) -> Iterator[_Part]:
    readers = {"image/jpeg": _jpeg_parts, "image/png": _png_parts, "image/webp": _webp_parts}
    if kind not in readers:
        raise ImageError(f"XMP goes into JPEG, PNG and WebP, not into {kind}")
    try:
        yield from readers[kind](data)
    except (struct.error, IndexError):
        raise ImageError("the file is damaged or cut short") from None


def _jpeg_parts(data: bytes) -> Iterator[_Part]:
    """The marker segments up to the first scan, and the rest as one."""
    yield _Part(data[:2], leads=True)
    start = 2
    while True:
        at = start
        while data[at + 1] == 0xFF:  # any number of fill bytes may stand before a marker
            at += 1
        marker = data[at + 1]
        if data[at] != 0xFF or marker in (SOS, EOI):
            yield _Part(data[start:])
            return
        end = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        body = data[at + 4 : end]
        if marker == APP1 and body.startswith((JPEG_HEAD, JPEG_MORE)):
            yield _Part(data[start:end], packet=body.removeprefix(JPEG_HEAD))
        else:
            leads = marker == APP0 or (marker == APP1 and body.startswith(b"Exif\0"))
            yield _Part(data[start:end], leads=leads)
        start = end


def _jpeg_segment(packet: bytes) -> bytes:
    if len(packet) > JPEG_MOST:
        raise ImageError(f"an XMP packet of {len(packet)} bytes does not fit into a JPEG")
    body = JPEG_HEAD + packet
    return struct.pack(">BBH", 0xFF, APP1, 2 + len(body)) + body


def _png_parts(data: bytes) -> Iterator[_Part]:
    yield _Part(data[:8], leads=True)
    start, kind = 8, b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", data, start)
        end = start + 12 + length
        body = data[start + 8 : end - 4]
        is_xmp = kind == b"iTXt" and body.startswith(b"XML:com.adobe.xmp\0")
        packet = body[len(PNG_HEAD) :] if is_xmp else None
        yield _Part(data[start:end], packet, leads=kind == b"IHDR")
        start = end
    yield _Part(data[start:])


def _png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _webp_parts(data: bytes) -> Iterator[_Part]:
    """The chunks inside the RIFF header; all of them lead, for XMP comes last."""
    start, whole = 12, 8 + struct.unpack_from("<I", data, 4)[0]
    if len(data) < max(whole, 20):
        raise ImageError("the WebP file is cut short")
    while start < whole:
        kind, length = struct.unpack_from("<4sI", data, start)
        end = start + 8 + length + length % 2
        packet = data[start + 8 : start + 8 + length] if kind == b"XMP " else None
        yield _Part(data[start:end], packet, leads=True)
        start = end


def _webp_file(chunks: bytes) -> bytes:
    """Chunks as an extended file whose flags say that it has XMP."""
    if chunks[:4] == b"VP8X":
        chunks = chunks[:8] + bytes([chunks[8] | WEBP_XMP]) + chunks[9:]
    else:
        width, height, has_alpha = _webp_canvas(chunks)
        flags = WEBP_XMP | (WEBP_ALPHA if has_alpha else 0)
        sides = b"".join((side - 1).to_bytes(3, "little") for side in (width, height))
        chunks = _riff_chunk(b"VP8X", bytes([flags, 0, 0, 0]) + sides) + chunks
    return struct.pack("<4sI4s", b"RIFF", 4 + len(chunks), b"WEBP") + chunks


def _webp_canvas(chunks: bytes) -> tuple[int, int, bool]:
    """Width, height and whether there is transparency, from the header of a simple file's only image."""
    if chunks[:4] == b"VP8L":  # RFC 9649, 3.4: a signature byte, then 14, 14 and 1 bits
        bits = struct.unpack_from("<I", chunks, 9)[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)
    width, height = struct.unpack_from("<HH", chunks, 14)  # RFC 6386, 9.1: after frame tag and start code
    return width & 0x3FFF, height & 0x3FFF, False


def _riff_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack("<4sI", kind, len(body)) + body + b"\0" * (len(body) % 2)
