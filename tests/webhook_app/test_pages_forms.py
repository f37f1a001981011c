"""The overview and its forms: what a visitor lists, and what is explained when it cannot be."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from flask import Flask

from generators.formats import PIXELS_1K
from infra.errors import InputError, Unavailable
from tests.webhook_app.site_kit import ADDRESS, LIST, PRODUCT, SHOP, Site, jpeg
from webhook_app import pages
from webhook_app.upload import OwnListing


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
