"""What the models' table says, and what OpenRouter's list says against it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from generators.formats import PIXELS_1K
from generators.gate.pixels import RATIO_LIMIT
from generators.profiles import DEFAULT, cheapest_size, differences, profile, profiles, size_for
from infra.errors import Refused, SettingsError
from infra.openrouter import ListedModel

NB21 = ListedModel(
    "google/gemini-nano-banana-2.1",
    ratios=tuple(PIXELS_1K),
    sizes=("1K", "2K", "4K"),
    prices={"1K": Decimal("0.0336")},
    max_references=14,
)


def test_the_default_model_comes_first_and_sells_no_512() -> None:
    assert next(iter(profiles())) == DEFAULT
    assert profile(DEFAULT).sizes == ("1K", "2K", "4K")
    assert profile("nano-banana-2").sizes == ("512", "1K", "2K", "4K")


def test_an_unknown_model_is_named_with_those_there_are() -> None:
    with pytest.raises(SettingsError, match=r"'dall-e' .*studio, nano-banana-2\.1, nano-banana-2, nano"):
        profile("dall-e")


@pytest.mark.parametrize("name", ["nano-banana-2.1", "nano-banana-2", "nano-banana-pro"])
def test_what_a_model_paints_passes_for_the_format_that_it_is_measured_against(name: str) -> None:
    model = profile(name)
    for size in model.sizes:
        for ratio in model.ratios:
            (width, height), format_ = model.pixels_of(ratio, size), model.format(ratio, size)
            assert abs(width / height / (format_.width / format_.height) - 1) < RATIO_LIMIT / 4, (ratio, size)
            assert max(format_.width, format_.height) <= 4472
            assert format_.width <= width


def test_very_wide_pictures_come_as_they_were_measured_not_as_the_ratio_says() -> None:
    assert profile("nano-banana-2.1").pixels_of("4:1", "1K") == (2064, 512)
    assert profile("nano-banana-2.1").pixels_of("8:1", "2K") == (5856, 704)
    assert profile("nano-banana-2").pixels_of("21:9", "512") == (784, 336)
    assert profile("nano-banana-pro").pixels_of("4:5", "4K") == (3712, 4608)


def test_what_a_model_does_not_paint_is_refused_before_it_costs_anything() -> None:
    with pytest.raises(Refused, match="Nano Banana Pro does not paint 4:1"):
        profile("nano-banana-pro").at_most("4:1", "2K", 4)
    with pytest.raises(Refused, match="only at 1K, 2K, 4K"):
        profile(DEFAULT).pixels_of("1:1", "512")


def test_a_banner_stays_a_banner_at_the_models_own_pixels() -> None:
    format_ = profile(DEFAULT).format("4:1", "2K")

    assert (format_.ratio, format_.width, format_.height, format_.with_text) == ("4:1", 4128, 1024, True)


def test_a_size_that_is_not_offered_becomes_the_next_larger_one() -> None:
    assert [size_for(profile(DEFAULT), size) for size in ("512", "1K", "2K", "4K")] == [
        "1K",
        "1K",
        "2K",
        "4K",
    ]
    assert cheapest_size(profile(DEFAULT)) == "1K"
    assert cheapest_size(profile("nano-banana-2")) == "512"
    assert cheapest_size(profile("nano-banana-pro")) == "1K"


def test_the_most_that_an_image_may_cost_covers_bills_that_were_seen() -> None:
    model = profile(DEFAULT)

    assert Decimal("0.0374") < model.at_most("3:4", "1K", 0) < Decimal("0.08")
    assert Decimal("0.0547") < model.at_most("3:4", "2K", 0)
    assert model.at_most("3:4", "2K", 4) > model.at_most("3:4", "2K", 1)


def test_a_list_that_agrees_makes_no_difference() -> None:
    assert differences([profile(DEFAULT)], [NB21]) == []


def test_a_dead_model_is_reported_by_its_slug() -> None:
    assert differences(profiles().values(), [NB21]) == [
        "Nano Banana 2: OpenRouter has no model google/gemini-3.1-flash-image",
        "Nano Banana Pro: OpenRouter has no model google/gemini-3-pro-image",
    ]


def test_other_ratios_sizes_references_and_prices_are_reported_in_plain_words() -> None:
    listed = ListedModel(
        NB21.slug,
        ratios=tuple(ratio for ratio in PIXELS_1K if ratio != "8:1"),
        sizes=("512", "1K", "2K"),
        prices={"1K": Decimal("0.05")},
        max_references=8,
    )

    assert differences([profile(DEFAULT)], [listed]) == [
        "Nano Banana 2.1: ratio 8:1 is no longer offered",
        "Nano Banana 2.1: size 4K is no longer offered",
        "Nano Banana 2.1: size 512 is offered, but not in its profile",
        "Nano Banana 2.1: an image at 1K costs $0.05, not $0.0336",
        "Nano Banana 2.1: it takes 8 images beside a prompt, not 14",
    ]


def test_what_the_list_leaves_open_is_no_difference() -> None:
    assert differences([profile(DEFAULT)], [ListedModel(NB21.slug)]) == []
