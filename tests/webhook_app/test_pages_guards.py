"""What a page may never do, and how blobs are served."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from PIL import Image

from infra.model import Check, plain
from tests.webhook_app.site_kit import ADDRESS, BRIEF, LIST, REFERENCE, SHOP, Site, jpeg
from webhook_app import pages
from webhook_app.browser import HEADERS


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


def test_html_in_what_others_wrote_stays_text(site: Site) -> None:
    evil = "<script>alert(1)</script>"
    run = site.run(
        title=evil,
        references=[plain(REFERENCE) | {"title": evil, "category": evil}],
        brief=plain(BRIEF) | {"scene": evil, "prompt": evil, "palette": ['"/><script>']},
        retrieval={"note": evil, "steps": [{"words": evil, "found": 1, "alike": 1}]},
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
