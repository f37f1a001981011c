"""Encoded bytes become pixels, safely: the one door for every image that comes from outside.

The format is read from the bytes, never from a name or a header, and each decoder is called by name, so that
a file cannot choose a rarer one. Size is judged from the file's header, before a pixel is decoded.
"""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

from PIL import Image, ImageCms
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from infra.errors import ImageError

DECODERS: dict[str, type[ImageFile]] = {
    "image/jpeg": JpegImageFile,
    "image/png": PngImageFile,
    "image/webp": WebPImageFile,
    "image/gif": GifImageFile,
    "image/bmp": BmpImageFile,
}
MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
)
TIFF = (b"II*\x00", b"MM\x00*")
"""Not decoded: no shop serves it, and its C library is the one with the most ways to go wrong."""
SHORTEST_SIDE = 16
"""Pixels; under this there is no product to see (tracking pixels, placeholders)."""
MOST_PIXELS = 64_000_000
LONGEST_SIDE = 20_000
"""Pixels; no camera or shop makes more, only files meant to exhaust memory do."""
MOST_SCANS = 500
"""Passes of a JPEG; cameras make one, the web a dozen, and a hundred bytes ask for one more over every pixel.
https://libjpeg-turbo.org/pmwiki/uploads/About/TwoIssueswiththeJPEGStandard.pdf"""
SCAN = b"\xff\xda"

STORE_SIDE = 4472
"""Pixels; the strictest limit that Shopify names (its square is 20 megapixels)."""
STORE_BYTES = 20_000_000
STORE_TYPES = ("image/jpeg", "image/png", "image/webp")

UPRIGHT = {
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_270,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_90,),
}
"""EXIF orientation → what turns the picture upright (EXIF 2.32, tag 0x0112)."""

AVERAGED = ("L", "RGB", "RGBA", "CMYK")
"""Modes in which the mean of some pixels is a pixel; that of palette indices is nothing."""

# What Pillow's decoders raise on hostile or broken input. A warning is among them where warnings are errors.
BROKEN = (OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError, ArithmeticError, MemoryError,
          struct.error, zlib.error, Image.DecompressionBombError, Warning)  # fmt: skip


def sniff(data: bytes) -> str:
    """The media type that the bytes themselves declare; ImageError when it is none that we decode."""
    for magic, media_type in MAGIC:
        if data.startswith(magic):
            return media_type
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:8] == b"ftyp" or data[:4] in TIFF:
        raise ImageError(f"{_foreign(data)} is not supported; save the picture as JPEG, PNG or WebP")
    raise ImageError("the file is empty" if not data else "not an image (JPEG, PNG, WebP, GIF or BMP)")


def decode(data: bytes, *, max_pixels: int = MOST_PIXELS) -> Image.Image:
    """RGB pixels: upright, in sRGB, transparency laid on white, no metadata; the first frame if it moves.

    ImageError says in plain words why the bytes are no usable image. `max_pixels` is judged before decoding.
    """
    return _pixels(data, max_pixels, None)


def thumbnail_jpeg(data: bytes, side: int) -> bytes:
    """A JPEG of at most `side` pixels in width and height, with nothing of the original's metadata."""
    image = _pixels(data, MOST_PIXELS, side)
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    out = BytesIO()
    image.save(out, "JPEG", quality=90, optimize=True)
    return out.getvalue()


def fit_store(data: bytes) -> bytes:
    """An image as a store takes it: the same bytes, or a JPEG of it where it is too large or of another kind.

    That JPEG always fits: noise, the worst there is, takes 16.5 MB at the longest sides. Transparency becomes
    white in it, and metadata is left out.
    https://help.shopify.com/en/manual/products/product-media/product-media-types
    """
    if max(decode(data).size) <= STORE_SIDE and len(data) <= STORE_BYTES and sniff(data) in STORE_TYPES:
        return data
    return thumbnail_jpeg(data, STORE_SIDE)


def _pixels(data: bytes, max_pixels: int, side: int | None) -> Image.Image:
    media_type = sniff(data)
    if media_type == "image/jpeg" and data.count(SCAN) > MOST_SCANS:
        raise ImageError("the JPEG is drawn in more passes than any picture needs")
    try:
        with DECODERS[media_type](BytesIO(data)) as image:
            _refuse_absurd_size(image.size, max_pixels)
            if side:
                image.draft(None, (side, side))  # JPEG decodes at an eighth of the size for a small thumbnail
            image.load()
            return _plain_rgb(image, side)
    except BROKEN as error:
        raise ImageError(_why(error, media_type)) from error


def _refuse_absurd_size(size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if min(size) < SHORTEST_SIDE:
        raise ImageError(f"the picture is only {width}×{height} pixels")
    if max(size) > LONGEST_SIDE or width * height > max_pixels:
        raise ImageError(
            f"the picture is too large: {width}×{height}, limit {max_pixels / 1e6:.0f} megapixels"
        )


def _plain_rgb(image: Image.Image, side: int | None) -> Image.Image:
    orientation, profile = _orientation(image), image.info.get("icc_profile")
    plain = _srgb(_flat(_reduced(image, side)), profile)
    for turn in UPRIGHT.get(orientation, ()):
        plain = plain.transpose(turn)
    plain.info = {}
    return plain


def _reduced(image: Image.Image, side: int | None) -> Image.Image:
    """The picture at a whole fraction of its size, before anything copies it: twice `side` is plenty."""
    factor = max(image.size) // (2 * side) if side else 1
    return image.reduce(factor) if factor > 1 and image.mode in AVERAGED else image


def _flat(image: Image.Image) -> Image.Image:
    """8 bits a channel, RGB or CMYK, transparency on white."""
    if image.mode.startswith("I;16"):  # convert() would clip 16 bits of grey, not scale them
        image = image.convert("I").point(lambda grey: grey * (1 / 257)).convert("L")
    if image.has_transparency_data:
        clear = image.convert("RGBA")
        flat = Image.new("RGB", image.size, "white")
        flat.paste(clear, mask=clear.getchannel("A"))
        return flat
    return image if image.mode in ("RGB", "CMYK") else image.convert("RGB")


def _srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Colours as a browser shows them. Phones tag photos Display P3, and read as sRGB those look dull."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            return ImageCms.profileToProfile(image, source, target, outputMode="RGB") or image
        except (ImageCms.PyCMSError, *BROKEN):
            pass  # a profile that is broken or of another colour model: browsers ignore it too
    return image.convert("RGB")


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(0x0112, 1))
    except BROKEN:
        return 1  # unreadable EXIF says nothing


def _foreign(data: bytes) -> str:
    brand = data[8:12]
    if data[:4] in TIFF:
        return "TIFF"
    if brand in (b"avif", b"avis"):
        return "AVIF"
    return "HEIC" if brand[:2] in (b"he", b"mi", b"ms") else "this kind of file"


def _why(error: BaseException, media_type: str) -> str:
    kind = media_type.removeprefix("image/").upper()
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return "the picture claims more pixels than we decode"
    if isinstance(error, MemoryError):
        return "the picture needs more memory than there is"
    return f"the {kind} file is damaged or cut short"
