"""Media processing, asynchronous as in Shopify: UPLOADED → PROCESSING → READY or FAILED; and reorderings."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import unquote, urlsplit

from PIL import Image, UnidentifiedImageError
from sqlalchemy import select
from sqlalchemy.orm import Session

from infra.devstore.faults import Faults
from infra.devstore.naming import free_filename
from infra.devstore.rounds import Rounds
from infra.devstore.state import Job, Media, Product, State, gid, now
from infra.devstore.uploads import FileStore
from infra.devstore.webhooks import Outbox

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 20_000_000
MAX_SIDE = 4472
"""Shopify's sources differ (20 or 25 megapixels, 4472 or 5000 px); the stricter ones are used here.
https://help.shopify.com/en/manual/products/product-media/product-media-types"""
MIME_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif"}


@dataclass(frozen=True)
class Measured:
    """An image as the store found it, in pixels."""

    mime_type: str
    width: int
    height: int


class MediaError(Exception):
    """Why an image cannot be used: a MediaErrorCode and a sentence. Which code stands for what is a guess."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def measure(data: bytes | None) -> Measured:
    """Decode an image within the store's limits, or raise MediaError."""
    if data is None:
        raise MediaError("IMAGE_DOWNLOAD_FAILURE", "The image could not be downloaded from its source")
    if len(data) > MAX_BYTES:
        raise MediaError("INVALID_IMAGE_FILE_SIZE", "The file is over 20 MB")
    try:
        with Image.open(io.BytesIO(data)) as image:
            mime_type = MIME_TYPES.get(image.format or "")
            width, height = image.size
            if mime_type is None:
                raise MediaError("UNSUPPORTED_IMAGE_FILE_TYPE", f"{image.format} images are not supported")
            if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
                raise MediaError(
                    "INVALID_IMAGE_RESOLUTION", f"{width}x{height} is over 20 MP or {MAX_SIDE} px"
                )
            image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise MediaError("INVALID_IMAGE_RESOLUTION", "The image is over 20 megapixels") from None
    except UnidentifiedImageError:
        raise MediaError("UNSUPPORTED_IMAGE_FILE_TYPE", "The file is not an image") from None
    except (OSError, SyntaxError, ValueError):
        raise MediaError("IMAGE_PROCESSING_FAILURE", "The image is damaged") from None
    return Measured(mime_type, width, height)


def local_source(url: str) -> str:
    """Where in this store a URL points: "staged/<token>", "files/<name>", or "" for anywhere else.

    The host is this machine under whatever port it had when the URL was given out.
    """
    parts = urlsplit(url)
    match unquote(parts.path).split("/"):
        case ["", _shop, "staged", token, _name] if parts.hostname == "127.0.0.1":
            return f"staged/{token}"
        case ["", _shop, "cdn", "shop", "files", name] if parts.hostname == "127.0.0.1":
            return f"files/{name}"
    return ""


def add_media(session: Session, url: str, alt: str, filename: str = "") -> Media:
    """New media from a URL, under that name or the URL's own."""
    name = free_filename(session, filename or unquote(urlsplit(url).path))
    media = Media(filename=name, alt=alt, source=local_source(url))
    session.add(media)
    return media


class Processor:
    """The thread that brings media and reorderings to their end, which takes `delay` seconds."""

    def __init__(self, state: State, files: FileStore, outbox: Outbox, delay: float, faults: Faults) -> None:
        self._state, self._files, self._outbox, self._faults = state, files, outbox, faults
        self._delay = timedelta(seconds=delay)
        self.rounds = Rounds("media", self._step)

    def _step(self) -> float:
        """Move everything on that is due; returns the seconds until something else will be."""
        with self._state.begin() as session:
            self._reorder(session)
            for media in session.scalars(select(Media).where(Media.status == "UPLOADED")):
                longer = timedelta(seconds=self._faults.stands("slow_media", 0))
                media.status, media.due_at = "PROCESSING", now() + self._delay + longer
            due = select(Media.id).where(Media.status == "PROCESSING", Media.due_at <= now())
            ids = list(session.scalars(due))
        for media_id in ids:
            self._process(media_id)
        return self._wait()

    def _wait(self) -> float:
        with self._state.begin() as session:
            jobs = session.scalars(select(Job.due_at).where(Job.done.is_(False)))
            media = session.scalars(select(Media.due_at).where(Media.status.in_(("UPLOADED", "PROCESSING"))))
            waits = [(moment - now()).total_seconds() for moment in (*jobs, *media)]
        return max(0.0, min(waits, default=60.0))

    def _process(self, media_id: int) -> None:
        """Decoding is done outside the transaction: a large image must not hold up the shop."""
        with self._state.begin() as session:
            found = session.get(Media, media_id)
            data = self._bytes(session, found.source) if found else None
        try:
            if failure_wanted := self._faults.strikes("fail_media"):
                raise MediaError(*failure_wanted)
            measured: Measured | MediaError = measure(data)
        except MediaError as failure:
            measured = failure
        digest = self._files.keep(data) if data and isinstance(measured, Measured) else ""
        with self._state.begin() as session:
            media = session.get(Media, media_id)
            if media is None:
                return
            finish(media, measured, digest)
            for product in media.products:
                self._outbox.updated(session, product)

    def _bytes(self, session: Session, source: str) -> bytes | None:
        kind, _, name = source.partition("/")
        if kind == "staged":
            return self._files.staged(name)
        original = session.scalar(select(Media).where(Media.filename == name)) if kind == "files" else None
        return self._files.image(original.digest) if original else None

    def _reorder(self, session: Session) -> None:
        for job in session.scalars(select(Job).where(Job.done.is_(False), Job.due_at <= now())):
            job.done = True
            if product := session.get(Product, job.product_id):
                product.arrange(moved(product.media, job.moves))
                self._outbox.updated(session, product)


def finish(media: Media, measured: Measured | MediaError, digest: str) -> None:
    """Write down how processing ended."""
    media.updated_at = now()
    if isinstance(measured, MediaError):
        media.status, media.error_code, media.error_message = "FAILED", measured.code, str(measured)
    else:
        media.status, media.digest = "READY", digest
        media.mime_type, media.width, media.height = measured.mime_type, measured.width, measured.height


def moved(media: list[Media], moves: list[dict[str, str]]) -> list[Media]:
    """The media after each move took one out and put it at its new zero-based position."""
    order = list(media)
    for move in moves:
        one = next((m for m in order if gid("MediaImage", m.id) == move["id"]), None)
        if one:
            order.remove(one)
            order.insert(int(move["new_position"]), one)
    return order
