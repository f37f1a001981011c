"""Smaller copies of images, as the CDN makes them for `?width=`.

A guess: a width that cannot be used is passed over, and a copy keeps the profile and the orientation of its
original. https://shopify.dev/docs/api/liquid/filters/image_url
"""

from __future__ import annotations

import io

from PIL import Image

RESIZED = ("L", "P", "RGB", "RGBA", "CMYK")


def narrowed(data: bytes, width: int | None) -> bytes:
    """The image that many pixels wide and of the same kind; the bytes as they are if they are no wider.

    A GIF stays whole: it may move; and so do the rarer kinds of PNG.
    """
    with Image.open(io.BytesIO(data)) as image:
        kind = image.format
        if not width or not 0 < width < image.width or kind == "GIF" or image.mode not in RESIZED:
            return data
        size = (width, max(1, round(image.height * width / image.width)))
        image.draft(None, size)
        plain = image.convert("RGBA") if image.mode == "P" else image
        out = io.BytesIO()
        kept = {name: image.info[name] for name in ("exif", "icc_profile") if image.info.get(name)}
        plain.resize(size, Image.Resampling.LANCZOS).save(out, kind, **kept)
        return out.getvalue()
