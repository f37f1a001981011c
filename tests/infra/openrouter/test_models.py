"""The provider's list of image models, and what is left of it when fields are missing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from infra.openrouter import ListedModel, OpenRouter, models
from tests.standin.server import ModelServer

PRO = "google/gemini-3-pro-image"


def test_every_model_on_offer_is_listed(server: ModelServer, client: OpenRouter) -> None:
    listed = {model.slug: model for model in models(client)}
    assert set(listed) == set(server.image_models)
    assert listed[PRO].sizes == ("1K", "2K", "4K")
    assert {"1:1", "4:1", "8:1"} <= set(listed[PRO].ratios)
    assert (listed[PRO].max_references, listed[PRO].prices) == (14, {})


def test_prices_are_asked_for_the_models_in_use_only(server: ModelServer, client: OpenRouter) -> None:
    listed = {model.slug: model for model in models(client, [PRO, "google/long-gone"])}
    assert listed[PRO].prices == server.image_models[PRO].usd
    assert [asked.path for asked in server.requests["models"]] == [
        "/images/models",
        f"/images/models/{PRO}/endpoints",
    ]


def test_a_model_that_nobody_serves_has_no_price(server: ModelServer, client: OpenRouter) -> None:
    server.fail("models", alter=lambda reply: reply)
    server.fail("models", status=404)
    listed = {model.slug: model for model in models(client, [PRO])}
    assert listed[PRO].prices == {}


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ({}, []),
        ({"data": None}, []),
        ({"data": [None, {}, {"id": 7}]}, []),
        ({"data": [{"id": "a/b"}]}, [ListedModel("a/b")]),
        (
            {"data": [{"id": "a/b", "supported_parameters": {"resolution": {"type": "enum"}, "n": 3}}]},
            [ListedModel("a/b")],
        ),
        (
            {"data": [{"id": "a/b", "supported_parameters": ["resolution"]}]},
            [ListedModel("a/b")],
        ),
    ],
)
def test_what_a_list_leaves_out_is_empty(
    server: ModelServer, client: OpenRouter, reply: dict[str, Any], expected: list[ListedModel]
) -> None:
    server.fail("models", body=reply)
    assert models(client) == expected


def test_of_several_providers_the_dearest_counts_and_only_by_the_image(
    server: ModelServer, client: OpenRouter
) -> None:
    sizes = {"resolution": {"type": "enum", "values": ["1K", "2K"]}}
    lines = [
        {"billable": "output_image", "unit": "image", "cost_usd": 0.03},
        {"billable": "output_image", "unit": "image", "cost_usd": 0.05, "variant": "2k"},
        {"billable": "output_image", "unit": "image", "cost_usd": 9, "variant": "low_1k"},
        {"billable": "output_image", "unit": "token", "cost_usd": 9, "variant": "1k"},
        {"billable": "input_image", "unit": "image", "cost_usd": 9},
        {"billable": "output_image", "unit": "image", "cost_usd": "9"},
    ]
    server.fail("models", body={"data": [{"id": "a/b", "supported_parameters": sizes}]})
    server.fail("models", body={"endpoints": [{"pricing": lines}, {"pricing": lines[:1]}, {}, None]})
    assert models(client, ["a/b"])[0].prices == {"1K": Decimal("0.03"), "2K": Decimal("0.05")}
