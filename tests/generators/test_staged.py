"""Painting in stages: an empty set first, then the product, by the studio or by the model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from generators.checks import examine
from generators.formats import parse_format
from generators.ladder import MENDS, climb
from generators.nano_banana import NanoBanana
from generators.paint import Desk, Kept, paint
from generators.profiles import profile
from generators.staged import EmptySet, Staged, empty_set_prompt
from generators.studio import fonts
from generators.studio.painter import StudioPainter
from infra.errors import Blocked, FontMissing, ImageError, Unavailable
from infra.model import PaintTask
from infra.ocr import Ocr
from infra.openrouter import OpenRouter, OpenRouterImages
from tests.generators import studio_kit as kit
from tests.generators.desk_kit import desk, spent
from tests.standin import pictures
from tests.standin.server import ModelServer

PHOTO, _ = kit.tee(size=(240, 300))
BLUE, _ = kit.tee((40, 60, 190), size=(240, 300))
PRICE = Decimal("0.0336")


@dataclass
class Bench:
    """A desk with the stages' painters on it, all of them asking one stand-in."""

    server: ModelServer
    desk: Desk
    images: OpenRouterImages

    @property
    def model(self) -> NanoBanana:
        return NanoBanana(self.images, profile("nano-banana-2.1"), "openrouter")

    @property
    def staged(self) -> Staged:
        empty_set = EmptySet(self.images, profile("nano-banana-2.1"), "openrouter")
        return Staged(empty_set, self.model, partial(paint, self.desk), badge="NEW")

    def paint(self, task: PaintTask) -> Kept:
        return paint(self.desk, self.staged, task)

    @property
    def asked(self) -> list[dict[str, Any]]:
        return [dict(asked.body) for asked in self.server.requests["images"]]

    @property
    def shown(self) -> list[int]:
        """How many images were sent with each request."""
        return [len(body.get("input_references", [])) for body in self.asked]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with ModelServer(paint=small) as server:
        client = OpenRouter(server.url, server.key)
        yield Bench(server, desk(tmp_path), OpenRouterImages(client))
        client.close()
        assert not server.complaints


def blue(wanted: pictures.Wanted) -> bytes:
    """An empty room, or a blue tee in it where there is a photo to look at."""
    if not wanted.references:
        return pictures.plain(wanted.pixels)
    return kit.jpeg(cv2.resize(kit.pixels(BLUE), wanted.pixels))


def small(wanted: pictures.Wanted) -> bytes:
    """The same, at half its size: it is not measured here."""
    pixels = kit.pixels(blue(wanted))
    return kit.jpeg(cv2.resize(pixels, (pixels.shape[1] // 2, pixels.shape[0] // 2)))


def task(ratio: str = "1:1", text: tuple[str, ...] = (), **changes: Any) -> PaintTask:
    """What to paint of a red tee's photo."""
    style = kit.brief(scene="A pale stone floor.", lighting="Soft light from the left.")
    return replace(kit.task(PHOTO, parse_format(ratio, "1K"), text, style), size="1K", **changes)


def test_a_product_that_lies_by_itself_is_laid_in_untouched_by_any_model(bench: Bench) -> None:
    painted = bench.paint(task(references=(b"never looked at",))).painted
    assert bench.shown == [0]
    assert (painted.method, painted.media_type, painted.cost_usd) == ("composited", "image/jpeg", PRICE)
    pixels = kit.pixels(painted.data)
    assert pixels.shape == (512, 512, 3)
    assert np.abs(pixels[215:300, 235:275].mean(axis=(0, 1)) - kit.RED).max() < 12  # its waves
    ground = kit.pixels(pictures.plain((512, 512)))
    assert np.abs(pixels[:30].astype(int) - ground[:30]).mean() < 4


def test_what_somebody_wears_is_painted_into_that_very_set(bench: Bench) -> None:
    painted = bench.paint(task(people="model", references=(b"never looked at",))).painted
    assert bench.shown == [0, 2]
    sent = [pictures.wanted_by_images(body).references for body in bench.asked][1]
    assert [kit.pixels(image).shape[:2] for image in sent] == [(300, 240), (512, 512)]
    assert (painted.method, painted.cost_usd) == ("painted", 2 * PRICE)
    assert spent(bench.desk) == bench.server.billed == 2 * PRICE


def test_a_product_that_cannot_be_cut_out_is_put_in_by_the_model(bench: Bench) -> None:
    hidden, _ = kit.tee(kit.CREAM, kit.CREAM, (240, 300))
    assert bench.paint(replace(task(), photo=hidden)).painted.method == "painted"
    assert bench.shown == [0, 2]


def test_a_stage_that_was_paid_for_is_not_bought_again(bench: Bench) -> None:
    bench.server.paint = partial(_then_away, bench.server)
    with pytest.raises(Unavailable):
        bench.paint(task(people="hands"))
    assert bench.paint(task(people="hands")).painted.cost_usd == bench.server.billed == 2 * PRICE
    assert bench.shown == [0, 2, 2]


def _then_away(server: ModelServer, wanted: pictures.Wanted) -> bytes:
    """Paints, and fails the next request."""
    server.paint = small
    server.fail("images", status=502)
    return small(wanted)


def test_the_bill_of_a_stage_that_is_blocked_holds_what_the_set_has_cost(bench: Bench) -> None:
    bench.paint(task())
    bench.server.fail("images", "refusal")
    with pytest.raises(Blocked) as blocked:
        bench.paint(task(companions=(PHOTO,)))
    assert bench.shown == [0, 3]
    assert blocked.value.cost_usd == bench.server.billed == PRICE


def test_words_are_set_beside_the_product_and_another_language_costs_nothing(bench: Bench) -> None:
    english = bench.paint(task("4:1", ("Red cotton tee", "€29.00", "NEW"))).painted
    bench.paint(task("4:1", ("Rotes T-Shirt", "29,00 €", "NEU")))
    assert english.text == ("Red cotton tee", "€29.00", "NEW")
    assert bench.server.billed == PRICE
    red = cv2.inRange(kit.pixels(english.data), (150, 30, 30), (255, 90, 90))
    assert np.flatnonzero(red.any(axis=0)).min() > 1024 / 2


def test_letters_that_no_font_has_are_found_out_before_anything_is_bought(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(fonts, "_font_folders", lambda: (tmp_path,))
    with pytest.raises(FontMissing):
        bench.paint(task("4:1", ("夏のシャツ",)))
    assert not bench.asked


def test_a_photo_that_is_none_is_found_out_before_anything_is_bought(bench: Bench) -> None:
    with pytest.raises(ImageError):
        bench.paint(task(photo=b"not a picture"))
    assert not bench.asked


def test_the_set_is_told_of_the_brief_and_the_merchants_wish_but_of_no_product() -> None:
    wanted = task(people="model")
    wanted = replace(wanted, product=replace(wanted.product, title="Fjord parka", hint="at the beach"))
    prompt = empty_set_prompt(wanted)
    assert all(
        words in prompt for words in ("A pale stone floor.", "Soft light", "#d9cfc2", "“at the beach”")
    )
    assert "Fjord" not in prompt


def test_a_climb_ends_at_the_stages_when_the_model_cannot_keep_the_colour(bench: Bench) -> None:
    pytest.importorskip("rapidocr_onnxruntime", reason="the text reader is an optional part")
    bench.server.paint = blue
    painters = {
        "first": bench.model,
        "refined": bench.model,
        "staged": bench.staged,
        "studio": StudioPainter(),
    }
    end = climb(task(), painters, partial(paint, bench.desk), partial(examine, ocr=Ocr()))
    assert [one.rung for one in end.tries] == ["first", "refined", "staged"]
    assert ["colour" in one.refused for one in end.tries] == [True, True, False]
    assert set(end.checks) <= set(MENDS)  # the ladder knows what to do about each check of the gate
    assert all(check.passed for check in end.checks.values())
    assert end.kept is not None
    assert end.kept.painted.method == "composited"
    assert "Earlier attempts were refused" in bench.asked[1]["prompt"]
    assert bench.server.billed == spent(bench.desk) == 3 * PRICE
