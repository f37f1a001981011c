"""The pages over real records, a real database and real blobs, through Flask's test client."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from generators.formats import PIXELS_1K, parse_formats
from infra.blobs import FolderBlobs
from infra.database import Database
from infra.errors import InputError, Unavailable
from infra.model import Check, Painting, Product, Reference, StyleBrief, plain
from infra.runs import Runs
from webhook_app import pages
from webhook_app.browser import HEADERS
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
            ratio, f"{SHOP}/paintings/{ratio.replace(':', 'x')}.jpg", "image/jpeg", width, height,
            "studio", "cut-out", "On limestone.", "A linen dress", checks={"colour": Check(True, 2.1, 8.0)},
        )  # fmt: skip
        self.blobs.write(made.key, jpeg("sienna"))
        made = replace(made, **parts)
        self.runs.keep(run_id, made, status)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    runs, blobs = Runs(Database(f"sqlite:///{tmp_path}/pages.db")), FolderBlobs(tmp_path / "blobs")
    listed: list[OwnListing] = []

    def list_own(own: OwnListing) -> str:
        listed.append(own)
        return PRODUCT

    app = Flask("site", static_folder=None)
    app.register_blueprint(pages.blueprint(runs, blobs, SHOP, lambda: PRODUCT, list_own))
    return Site(app.test_client(), runs, blobs, listed)


def every_page(site: Site) -> list[str]:
    """The HTML of each kind of page, one after the other."""
    kinds = [
        site.text("/"),
        site.text(),
        site.text("/shops/other/products/1"),
        site.post().get_data(as_text=True),
    ]
    run = site.run(references=[plain(REFERENCE)], brief=plain(BRIEF), step="paint")
    site.paint(run, "approved")
    kinds += [site.text(), site.text("/")]
    site.runs.note(run, status="failed", reason="The painter gave up.")
    return [*kinds, site.text()]


# What each state says


def test_without_a_run_the_page_waits_for_the_stores_webhook(site: Site) -> None:
    page = site.text()
    assert "Waiting for the store" in page
    assert 'data-live="yes"' in page


def test_a_waiting_run_asks_for_a_photo(site: Site) -> None:
    site.run(status="waiting", photo_key=None)
    assert "Waiting for a photo" in site.text()


def test_a_run_that_paints_shows_what_is_there_and_keeps_room_for_the_rest(site: Site) -> None:
    site.paint(site.run(step="paint"), "approved")
    page = site.text()
    assert "Painting: 1 of 3 images here." in page
    assert 'width="1024" height="1024"' in page
    assert 'viewBox="0 0 2048 512"' in page
    assert page.count("Being painted") == 2
    assert '<li class="now" data-step="paint" aria-current="step">' in page


def test_references_show_sales_score_and_ranks(site: Site) -> None:
    site.run(references=[plain(REFERENCE)], retrieval={"note": "Found among 12 Dresses.", "widened": []})
    page = site.text()
    for said in ("2,310</strong> sold", "score 0.0325", "0.83 alike", "1st by look, not found by words",
                 "Found among 12 Dresses."):  # fmt: skip
        assert said in page


def test_the_brief_shows_words_and_colours(site: Site) -> None:
    site.run(brief=plain(BRIEF))
    page = site.text()
    assert 'fill="#e6d9c6"' in page
    for said in ("A limestone wall.", "Soft daylight.", "Laid flat.", "Calm.", "On limestone.", "#7c4b33"):
        assert said in page


def test_a_published_run_says_what_it_cost_and_where_the_images_are(site: Site) -> None:
    run = site.run(step="done")
    for ratio in ("1:1", "3:4", "4:1"):
        site.paint(
            run, "published", ratio, cost_usd=Decimal("0.0336"), media_id="gid://shopify/MediaImage/88"
        )
    site.runs.note(run, status="published")
    page = site.text()
    assert "Done: 3 images in the store." in page
    assert '<dd id="cost">$0.1008</dd>' in page
    assert "media 88" in page
    assert 'data-live="no"' in page
    assert "http-equiv" not in page


def test_a_refused_image_shows_its_figure_and_what_to_do(site: Site) -> None:
    run = site.run(step="done")
    site.paint(run, "refused", checks={"colour": Check(False, 12.4, 8.0, "redder than the photo")})
    site.runs.note(run, status="needs_review", reason="1:1 was refused")
    page = site.text()
    assert "1 of 3 images held back" in page
    assert "True to its colours: redder than the photo (12.4, limit 8.0)" in page
    assert "<li>1:1: redder than the photo</li>" in page
    assert "1 of 1 check failed" in page
    assert "A sharper photo" in page
    assert '<li class="held" data-step="publish">' in page


def test_each_figure_of_the_gate_is_put_against_its_limit(site: Site) -> None:
    checks = {
        "pixels": Check(True, 0.0012, 0.02, "1024×1024"),
        "product": Check(True, 0.934, 0.6),
        "colour": Check(True, 2.1, 8.0),
    }
    site.paint(site.run(), "approved", checks=checks)
    page = site.text()
    assert "Shape and size: 1024×1024 pixels, 0.12% off its ratio (2% allowed)" in page
    assert "The product is in it: 93% recognised (at least 60%)" in page
    assert "True to its colours: 2.1 shades off at most (8.0 allowed)" in page
    assert "Gate: all 3 checks passed" in page


def test_a_banner_is_said_to_be_in_the_store_and_other_images_on_the_product(site: Site) -> None:
    run = site.run()
    site.paint(run, "published", "1:1")
    assert "as the product’s banner" not in site.text()
    site.paint(run, "published", "4:1")
    assert "as the product’s banner" in site.text()


def test_a_format_without_an_image_keeps_its_place_and_says_why(site: Site) -> None:
    run = site.run(step="done")
    none = {"painted": Check(False, note="the model refused")}
    site.paint(run, "refused", key="", width=0, height=0, media_type="", alt="", checks=none)
    site.runs.note(run, status="needs_review")
    page = site.text()
    assert 'viewBox="0 0 1024 1024"' in page
    assert "An image came back: the model refused" in page
    assert 'src="/shops/demo.myshopify.com/blobs/"' not in page
    assert "0 of 3 images" in site.text("/")


@pytest.mark.parametrize("step", ["photo", "references", "style", "paint", "publish"])
def test_a_failed_run_names_the_reason_the_step_and_what_to_do(site: Site, step: str) -> None:
    site.run(status="failed", step=step, reason="The model did not answer.")
    page = site.text()
    assert "The model did not answer." in page
    assert f'<li class="stopped" data-step="{step}">' in page
    assert pages.wording.ADVICE[step] in page


def test_the_overview_has_a_card_for_each_run_or_says_that_there_is_none(site: Site) -> None:
    assert "Nothing listed yet" in site.text("/")
    run = site.run()
    page = site.text("/")
    assert "Nothing listed yet" not in page
    assert f'href="/shops/{SHOP}/runs/{run}"' in page
    assert "Linen dress" in site.text(f"/shops/{SHOP}/runs/{run}")


def test_every_format_has_its_ratio_in_the_stylesheet(site: Site) -> None:
    css = site.text("/static/page.css")
    for ratio, (width, height) in PIXELS_1K.items():
        found = re.search(rf'\[data-format="{ratio}"\] \{{ --ratio: ([\d.]+);', css)
        assert float(found[1] if found else 1) == pytest.approx(width / height, abs=0.002), ratio


# What a visitor does


def test_the_next_demo_product_leads_to_its_page(site: Site) -> None:
    answer = site.client.post(LIST, data={"demo": "next"})
    assert (answer.status_code, answer.location) == (303, ADDRESS)


def test_without_a_demo_catalog_there_is_no_demo_button(site: Site) -> None:
    app = Flask("plain", static_folder=None)
    app.register_blueprint(pages.blueprint(site.runs, site.blobs, SHOP, None, lambda _: PRODUCT))
    client = app.test_client()
    assert "next demo product" not in client.get("/").get_data(as_text=True)
    assert client.post(LIST, data={"demo": "next"}).status_code == 400


def test_an_uploaded_photo_is_listed_with_what_was_typed(site: Site) -> None:
    answer = site.post(jpeg())
    assert (answer.status_code, answer.location) == (303, ADDRESS)
    assert site.listed == [OwnListing("Linen dress", "Dresses", jpeg(), Decimal("49.90"), "morning light")]


@pytest.mark.parametrize(
    ("photo", "fields", "says"),
    [
        (None, {}, "Choose a photo"),
        (b"", {}, "Choose a photo"),
        (b"#!/bin/sh", {}, "not an image"),
        (jpeg()[:200], {}, "damaged or cut short"),
        (jpeg(side=1), {}, "only 1×1 pixels"),
        (jpeg() + b"\0" * pages.FORM_LIMIT, {}, "20 MB"),
        (jpeg(), {"title": " "}, "Give the product a title"),
        (jpeg(), {"title": "x" * 256}, "256 characters"),
        (jpeg(), {"category": ""}, "which category"),
        (jpeg(), {"price": "cheap"}, "plain number"),
        (jpeg(), {"price": "NaN"}, "plain number"),
        (jpeg(), {"price": "-3"}, "plain number"),
    ],
)
def test_what_cannot_be_listed_is_explained(
    site: Site, photo: bytes | None, fields: dict[str, str], says: str
) -> None:
    answer = site.post(photo, **fields)
    assert answer.status_code in (400, 413)
    assert says in answer.get_data(as_text=True)
    assert site.listed == []


def test_an_error_keeps_what_was_typed_and_marks_its_field(site: Site) -> None:
    page = site.post(jpeg() + b"\0" * 20 * 1024 * 1024, title="Robe <d'été>").get_data(as_text=True)
    assert "larger than 20 MB" in page
    for typed in ("Robe &lt;d&#39;été&gt;", "Dresses", "49,90", "morning light"):
        assert f'value="{typed}"' in page
    assert 'aria-invalid="true" aria-describedby="photo-error" autofocus' in page


@pytest.mark.parametrize(
    ("error", "status"),
    [(InputError("Every demo product is listed already."), 400), (Unavailable("no answer"), 502)],
)
def test_what_the_store_says_is_shown(site: Site, error: Exception, status: int) -> None:
    def refuse() -> str:
        raise error

    app = Flask("refusing", static_folder=None)
    app.register_blueprint(pages.blueprint(site.runs, site.blobs, SHOP, refuse, lambda _: PRODUCT))
    answer = app.test_client().post(LIST, data={"demo": "next"})
    assert answer.status_code == status
    assert str(error) in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}, 303),
        ({"Origin": "http://localhost"}, 303),
        ({}, 303),
    ],
)
def test_only_our_own_forms_list_products(site: Site, headers: dict[str, str], status: int) -> None:
    assert site.client.post(LIST, data={"demo": "next"}, headers=headers).status_code == status


# What a page may never do


def test_html_in_what_others_wrote_stays_text(site: Site) -> None:
    evil = "<script>alert(1)</script>"
    run = site.run(
        title=evil,
        references=[plain(REFERENCE) | {"title": evil, "category": evil}],
        brief=plain(BRIEF) | {"scene": evil, "prompt": evil, "palette": ['"/><script>']},
        retrieval={"note": evil, "widened": []},
    )
    site.paint(run, "refused", alt=f'" onerror="{evil}', checks={evil: Check(False, note=evil)})
    site.runs.note(run, status="failed", reason=evil)
    for page in (site.text(), site.text("/"), site.text(f"{ADDRESS}?fragment=1")):
        assert "<script>" not in page
        assert '" onerror="' not in page
        assert "&lt;script&gt;" in page


def test_no_page_has_inline_script_or_style(site: Site) -> None:
    for page in every_page(site):
        assert "<style" not in page
        assert not re.search(r"<[^>]*\s(style|on\w+)\s*=", page)
        assert re.findall(r"<script[^>]*>", page) in ([], ['<script src="/static/page.js" defer>'])


def test_every_answer_has_the_guarding_headers(site: Site) -> None:
    for path in ("/", ADDRESS, "/static/page.js", "/static/logo.svg", "/nowhere", "/shops/other/products/1"):
        headers = site.page(path).headers
        assert {name: headers[name] for name in HEADERS} == HEADERS, path


def test_another_shop_does_not_exist_here(site: Site) -> None:
    run = site.run()
    site.blobs.write("other.myshopify.com/photos/a.jpg", jpeg())
    for path in (
        "/shops/other.myshopify.com/products/7",
        f"/shops/other.myshopify.com/runs/{run}",
        "/shops/other.myshopify.com/blobs/other.myshopify.com/photos/a.jpg",
        f"/shops/{SHOP}/blobs/other.myshopify.com/photos/a.jpg",
        f"/shops/{SHOP}/blobs/{SHOP}/../other.myshopify.com/photos/a.jpg",
        f"/shops/{SHOP}/runs/other.myshopify.com/7/0",
    ):
        assert site.page(path).status_code == 404, path
    assert site.client.post("/shops/other.myshopify.com/listings", data={"demo": "next"}).status_code == 404


# Blobs


def test_a_blob_is_served_as_what_its_bytes_are_and_may_run_nothing(site: Site) -> None:
    site.run()
    answer = site.page(f"/shops/{SHOP}/blobs/{SHOP}/photos/p.jpg")
    assert (answer.mimetype, answer.data) == ("image/jpeg", jpeg())
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in answer.headers["Cache-Control"]


def test_a_thumbnail_is_a_small_jpeg_of_the_blob(site: Site) -> None:
    site.blobs.write(f"{SHOP}/photos/large.jpg", jpeg(side=2000))
    answer = site.page(f"/shops/{SHOP}/blobs/{SHOP}/photos/large.jpg?thumbnail=1")
    with Image.open(BytesIO(answer.data)) as image:
        assert image.size == (pages.THUMBNAIL, pages.THUMBNAIL)


@pytest.mark.parametrize(
    "data", [b"<html><script>alert(1)</script>", b"<svg xmlns='http://www.w3.org/2000/svg'/>"]
)
def test_a_blob_that_is_no_image_is_refused(site: Site, data: bytes) -> None:
    site.blobs.write(f"{SHOP}/photos/evil.jpg", data)
    assert site.page(f"/shops/{SHOP}/blobs/{SHOP}/photos/evil.jpg").status_code == 404


def test_a_blob_that_is_not_there_is_404(site: Site) -> None:
    assert site.page(f"/shops/{SHOP}/blobs/{SHOP}/photos/gone.jpg").status_code == 404


# Live


def test_the_fragment_is_the_changing_part_alone(site: Site) -> None:
    site.run(status="published")
    fragment, page = site.text(f"{ADDRESS}?fragment=1").strip(), site.text()
    assert fragment.startswith('<article id="live"')
    assert "<html" not in fragment
    assert fragment in page


def test_an_unchanged_page_answers_304_and_a_changed_one_does_not(site: Site) -> None:
    run = site.run(status="published")
    tag = site.page(f"{ADDRESS}?fragment=1").headers["ETag"]
    same = site.page(f"{ADDRESS}?fragment=1", **{"If-None-Match": tag})
    assert (same.status_code, same.data) == (304, b"")
    site.paint(run, "published")
    assert site.page(f"{ADDRESS}?fragment=1", **{"If-None-Match": tag}).status_code == 200


def test_without_script_a_live_listing_reloads_itself(site: Site) -> None:
    site.run()
    assert '<noscript><meta http-equiv="refresh"' in site.text()
