"""The page of a listing: what each state of its run says, and how it stays live."""

from __future__ import annotations

from decimal import Decimal

import pytest

from infra.model import Check, plain
from tests.webhook_app.site_kit import ADDRESS, BRIEF, REFERENCE, Site
from webhook_app import pages

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
    site.run(references=[plain(REFERENCE)], retrieval={"note": "Found among 12 Dresses."})
    page = site.text()
    for said in ("2,310</strong> sold", "score 0.0325", "0.83 alike", "1st by look, not found by words",
                 "Found among 12 Dresses."):  # fmt: skip
        assert said in page


def test_each_step_of_the_search_says_whom_it_could_find_and_how_many_were_alike(site: Site) -> None:
    words = "the top tenth of 132 Dresses that sold, 412 units or more"
    steps = [{"words": words, "found": 13, "alike": 2}, {"words": "the rest", "found": 0, "alike": 0}]
    site.run(retrieval={"note": "Found.", "steps": steps})
    page = site.text()
    assert (
        "<li>The top tenth of 132 Dresses that sold, 412 units or more: "
        "13 found, 2 close enough to learn from</li>"
    ) in page
    assert "<li>The rest: none found</li>" in page


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


def test_a_listing_that_was_taken_back_says_what_of_it_is_left(site: Site) -> None:
    run = site.run(step="done")
    for ratio in ("1:1", "4:1"):
        site.paint(run, "restored", ratio)
    site.runs.note(run, status="restored")
    page = site.text()
    assert "Taken back: 2 images. The product is without them; their files stay in the store." in page
    assert '<p class="state restored">Taken back</p>' in page
    assert '<li class="todo" data-step="publish">' in page
    assert 'data-live="no"' in page
    assert "Taken back" in site.text("/")


def test_a_listing_whose_product_is_gone_says_so(site: Site) -> None:
    run = site.run(step="publish")
    site.runs.note(run, status="cancelled", reason="the product was deleted")
    page = site.text()
    assert "Called off: the product was deleted." in page
    assert '<li class="stopped" data-step="publish">' in page
    assert "Called off" in site.text("/")


def test_what_changed_meanwhile_is_said_once_for_all_formats(site: Site) -> None:
    run = site.run(step="done")
    for ratio in ("1:1", "3:4"):
        site.paint(run, "refused", ratio, checks={"up_to_date": Check(False, note="the photo was replaced")})
    site.runs.note(run, status="needs_review", reason="1:1, 3:4 up_to_date: the photo was replaced")
    page = site.text()
    assert "<li>1:1, 3:4: the photo was replaced</li>" in page
    assert "The product changed while its images were made" in page
    assert "A sharper photo" not in page


def test_a_restore_that_was_stopped_and_a_remark_are_shown(site: Site) -> None:
    run = site.run(step="done", status="published", reason="the images stand behind")
    assert "the images stand behind" in site.text()
    site.runs.note(run, restore_problem="not taken back: the store was away")
    assert "not taken back: the store was away" in site.text()


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


def test_a_listing_that_waits_for_the_store_says_since_when(site: Site) -> None:
    run = site.run(step="publish")
    since = "2026-11-20T10:40:00+00:00"
    site.runs.note(run, store_away_since=since, reason="waiting for the store since 2026-11-20T10:40Z: 503")
    page = site.text()
    assert "The images are ready, and waiting for the store since 2026-11-20T10:40Z: 503." in page
    assert 'data-live="yes"' in page
