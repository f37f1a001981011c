"""Pixels from bytes: upright, true in colour, and never at the price of this machine's memory."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from contextlib import suppress
from io import BytesIO
from itertools import accumulate
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from infra.errors import ImageError
from infra.pixels import decode, sniff, thumbnail_jpeg

REPO = Path(__file__).parents[2]

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="Linux says what a process held"
)


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def split(left: str = "red", right: str = "blue", size: tuple[int, int] = (80, 40)) -> Image.Image:
    image = Image.new("RGB", size, left)
    image.paste(right, (size[0] // 2, 0, *size))
    return image


def png_claiming(width: int, height: int) -> bytes:
    """A few hundred bytes that claim any number of black pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1_000_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def peak() -> int:
    """Megabytes that this process held at most. (`ru_maxrss` of a child begins at what its parent held.)"""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("WEBP", "image/webp"),
        ("GIF", "image/gif"),
        ("BMP", "image/bmp"),
    ],
)
def test_it_reads_the_kinds_that_shops_use(kind: str, media_type: str) -> None:
    data = encoded(split(), kind)
    assert sniff(data) == media_type
    image = decode(data)
    assert (image.mode, image.size) == ("RGB", (80, 40))
    red, _, blue = image.getpixel((10, 20))
    assert red > 200 > 60 > blue


def test_a_format_that_we_do_not_read_is_refused_though_pillow_could() -> None:
    with pytest.raises(ImageError, match="not an image"):
        decode(encoded(split(), "PPM"))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not an image"),
        (b"<!doctype html><title>404</title>", "not an image"),
        (b"\xff\xd8\xff", "JPEG file is damaged"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "WEBP file is damaged"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "HEIC is not supported; save the picture as JPEG"),
        (b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00", "AVIF is not supported"),
        (encoded(split(), "TIFF"), "TIFF is not supported"),
        (encoded(Image.new("RGB", (1, 1))), "only 1×1"),
    ],
)
def test_what_is_no_picture_is_refused_in_plain_words(data: bytes, why: str) -> None:
    with pytest.raises(ImageError, match=why):
        decode(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_file_cut_short_is_refused(kind: str) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    data = encoded(Image.fromarray(noise), kind)
    with pytest.raises(ImageError, match="damaged or cut short"):
        decode(data[: len(data) // 2])


@pytest.mark.parametrize(
    ("width", "height"), [(30_000, 30_000), (8001, 8001), (200_000, 20), (2**31 - 1, 2**31 - 1)]
)
def test_a_bomb_is_refused_by_its_header(width: int, height: int) -> None:
    with pytest.raises(ImageError, match="too large"):
        decode(png_claiming(width, height))


def test_a_jpeg_of_countless_passes_is_refused_before_it_is_drawn() -> None:
    data = encoded(Image.new("L", (4000, 4000), 120), "JPEG", progressive=True)
    last = data[data.rindex(b"\xff\xda") : -2]
    with pytest.raises(ImageError, match="passes"):
        decode(data[:-2] + 20_000 * last + data[-2:])


@needs_proc
def test_a_bomb_costs_neither_memory_nor_a_warning() -> None:
    bombs = """
from tests.infra.test_pixels import png_claiming, peak
from infra.errors import ImageError
from infra.pixels import decode
before = peak()
try: decode(png_claiming(30000, 30000))
except ImageError: print(peak() - before)
"""
    done = subprocess.run([sys.executable, "-c", bombs], cwd=REPO, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 50, "megabytes"
    assert done.stderr == ""


@pytest.mark.parametrize("cut", range(1, 60, 4))
def test_no_damage_gets_past_as_a_foreign_error(cut: int) -> None:
    rng = np.random.default_rng(cut)
    for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP"):
        data = bytearray(encoded(split(), kind))
        for place in rng.integers(0, len(data), cut):
            data[place] = rng.integers(0, 256)
        with suppress(ImageError):
            assert decode(bytes(data), max_pixels=1_000_000).mode == "RGB"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_taken_sideways_stands_upright(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = {
        1: (), 2: (Image.Transpose.FLIP_LEFT_RIGHT,), 3: (Image.Transpose.ROTATE_180,),
        4: (Image.Transpose.FLIP_TOP_BOTTOM,), 5: (Image.Transpose.TRANSPOSE,),
        6: (Image.Transpose.ROTATE_90,), 7: (Image.Transpose.TRANSVERSE,), 8: (Image.Transpose.ROTATE_270,),
    }  # fmt: skip
    image = split()
    for turn in stored[orientation]:
        image = image.transpose(turn)
    upright = decode(encoded(image, "PNG", exif=exif))
    assert upright.size == (80, 40)
    assert upright.getpixel((10, 20)) == (255, 0, 0)
    assert upright.getpixel((70, 20)) == (0, 0, 255)


def test_transparency_lies_on_white() -> None:
    clear = Image.new("RGBA", (40, 40), (255, 0, 0, 0))
    clear.paste((0, 0, 255, 255), (0, 0, 20, 40))
    image = decode(encoded(clear))
    assert image.getpixel((30, 20)) == (255, 255, 255)
    assert image.getpixel((10, 20)) == (0, 0, 255)


def test_a_palette_with_transparency_is_read() -> None:
    image = Image.new("P", (40, 40), 0)
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.paste(1, (0, 0, 20, 40))
    plain = decode(encoded(image, "PNG", transparency=bytes([0, 255])))
    assert plain.getpixel((10, 20)) == (200, 100, 50)
    assert plain.getpixel((30, 20)) == (255, 255, 255)


def test_sixteen_bits_of_grey_are_scaled_not_clipped() -> None:
    image = Image.fromarray(np.full((40, 40), 0x8000, np.uint16))
    assert decode(encoded(image)).getpixel((5, 5)) == (127, 127, 127)


def test_an_animation_gives_its_first_frame() -> None:
    frames = [Image.new("RGB", (40, 40), color) for color in ("red", "lime", "blue")]
    for kind in ("GIF", "WEBP", "PNG"):
        data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)
        red, green, blue = decode(data).getpixel((20, 20))
        assert red > 240, kind
        assert max(green, blue) < 15, kind


def test_a_profile_is_turned_into_srgb_and_a_broken_one_ignored() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    image = Image.new("RGB", (40, 40), (200, 80, 40))
    for profile in (b"junk", lab):
        assert decode(encoded(image, icc_profile=profile)).getpixel((5, 5)) == (200, 80, 40)
    plain = decode(
        encoded(image, icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    )
    assert plain.getpixel((5, 5)) == (200, 80, 40)
    assert plain.info == {}


def test_a_thumbnail_is_small_upright_and_says_nothing_of_its_origin() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera of a known person"
    data = encoded(split(size=(1600, 800)), "JPEG", exif=exif)
    small = thumbnail_jpeg(data, 200)
    assert sniff(small) == "image/jpeg"
    assert b"Camera" not in small
    assert b"Exif" not in small
    assert decode(small).size == (100, 200)


@pytest.mark.parametrize("mode", ["L", "P", "RGB", "RGBA", "CMYK"])
def test_a_thumbnail_of_a_large_picture_keeps_its_colours(mode: str) -> None:
    image = split("white", "blue", (2000, 1000)).convert(mode)
    data = encoded(image, "JPEG" if mode == "CMYK" else "PNG")
    small = decode(thumbnail_jpeg(data, 100))
    assert small.size == (100, 50)
    expected = decode(data).resize((100, 50))
    for place in ((20, 25), (80, 25)):
        assert np.allclose(small.getpixel(place), expected.getpixel(place), atol=12), place


@needs_proc
def test_a_thumbnail_of_twenty_megapixels_takes_little_more_than_their_pixels() -> None:
    """80 MB for RGB or RGBA; of a JPEG a part. Each copy of them on the way would be as much again."""
    thumbnails = """
from PIL import Image
from infra.pixels import thumbnail_jpeg
from tests.infra.test_pixels import encoded, peak
thumbnail_jpeg(encoded(Image.new("RGB", (99, 99)), "JPEG"), 64)
for kind, mode in (("JPEG", "RGB"), ("PNG", "RGB"), ("PNG", "RGBA")):
    with open(f"{kind}{mode}", "rb") as file:
        data = file.read()
    before = peak()
    thumbnail_jpeg(data, 1024)
    print(peak() - before)
"""
    for kind, mode in (("JPEG", "RGB"), ("PNG", "RGB"), ("PNG", "RGBA")):
        Path(f"{kind}{mode}").write_bytes(encoded(Image.new(mode, (5472, 3648), "teal"), kind))
    command = [sys.executable, "-c", thumbnails]
    env = {"PYTHONPATH": str(REPO), "PATH": ""}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    jpeg, rgb, rgba = accumulate(map(int, done.stdout.split()))
    assert jpeg < 50
    assert rgb < 130
    assert rgba < 200
