"""Smaller copies of a store's photos: its CDN makes them.

https://shopify.dev/docs/api/liquid/filters/image_url
"""

from __future__ import annotations

from urllib.parse import urlsplit


def sized(url: str, width: int) -> str:
    """The address of a copy that is `width` pixels wide (at most 5760) and as high as its shape asks for.

    A photo that is not as wide stays as it is. Addresses that are not the CDN's are given back untouched.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    if not _is_cdn(parts.hostname, parts.path):
        return url
    kept = [pair for pair in parts.query.split("&") if pair and not pair.startswith("width=")]
    return parts._replace(query="&".join([*kept, f"width={width}"])).geturl()


def _is_cdn(host: str | None, path: str) -> bool:
    """A store serves its files under its own domains, too; the local store has its name in front."""
    return host == "cdn.shopify.com" or "/cdn/shop/" in path
