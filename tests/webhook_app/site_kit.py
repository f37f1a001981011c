"""What the tests of the pages share: a site, and the records that fill it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from generators.formats import PIXELS_1K, parse_formats
from infra.blobs import FolderBlobs
from infra.model import Check, Painting, Product, Reference, StyleBrief, slug
from infra.runs import Runs
from webhook_app.upload import OwnListing

SHOP = "demo.myshopify.com"
PRODUCT = "gid://shopify/Product/7"
ADDRESS = f"/shops/{SHOP}/products/7"
LIST = f"/shops/{SHOP}/listings"
TYPED = {"title": "Linen dress", "category": "Dresses", "price": "49,90", "hint": "morning light"}

REFERENCE = Reference(
    "gid://shopify/Product/1", "Blue dress", "Dresses", 2310, 0.0325, 0.83, 1, None, f"{SHOP}/photos/r.jpg"
)
BRIEF = StyleBrief(
    scene="A limestone wall.", lighting="Soft daylight.", pose="Laid flat.", mood="Calm.",
    prompt="On limestone.", palette=("#e6d9c6", "#7c4b33"), brightness=0.8, contrast=0.4, warmth=0.3,
    softness=0.7, light_from=120.0, fill=0.8, analyst="built-in", reference_ids=("gid://shopify/Product/1",),
)  # fmt: skip


def jpeg(colour: str = "teal", side: int = 64) -> bytes:
    """A square photo of one colour."""
    out = BytesIO()
    Image.new("RGB", (side, side), colour).save(out, "JPEG")
    return out.getvalue()


@dataclass
class Site:
    """A running site, with what its visitors asked of the store."""

    client: FlaskClient
    runs: Runs
    blobs: FolderBlobs
    listed: list[OwnListing] = field(default_factory=list)

    def page(self, path: str = ADDRESS, **headers: str) -> TestResponse:
        return self.client.get(path, headers=headers, buffered=True)

    def text(self, path: str = ADDRESS) -> str:
        return self.page(path).get_data(as_text=True)

    def post(self, photo: bytes | None = None, **fields: str) -> TestResponse:
        data: dict[str, Any] = {**TYPED, **fields}
        if photo is not None:
            data["photo"] = (BytesIO(photo), "dress.jpg")
        answer = self.client.post(LIST, data=data, buffered=True)
        answer.request.environ["wsgi.input"].close()  # the test client's own temporary file
        return answer

    def run(self, title: str = "Linen dress", formats: str = "1:1,3:4,4:1", **parts: Any) -> str:
        """A run of the product whose photo is there, with these parts noted."""
        run_id = f"{SHOP}/7/{self.runs.count(SHOP, PRODUCT)}"
        self.runs.open(run_id, SHOP, PRODUCT, parse_formats(formats))
        product = Product(PRODUCT, title, datetime.now(UTC), category="Dresses", price=Decimal("49.90"))
        self.runs.describe(run_id, product)
        self.blobs.write(f"{SHOP}/photos/p.jpg", jpeg())
        self.runs.note(run_id, **{"status": "running", "photo_key": f"{SHOP}/photos/p.jpg", **parts})
        return run_id

    def paint(self, run_id: str, status: Any, ratio: str = "1:1", **parts: Any) -> None:
        """One painting of a run; `parts` replace those of a good one."""
        width, height = PIXELS_1K[ratio]
        made = Painting(
            ratio, f"{SHOP}/paintings/{slug(ratio)}.jpg", "image/jpeg", width, height,
            "studio", "cut-out", "On limestone.", "A linen dress", checks={"colour": Check(True, 2.1, 8.0)},
        )  # fmt: skip
        self.blobs.write(made.key, jpeg("sienna"))
        made = replace(made, **parts)
        self.runs.keep(run_id, made, status)
