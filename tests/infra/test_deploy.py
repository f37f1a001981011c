"""What Shopify is told of the app says the same as the code."""

from __future__ import annotations

import tomllib
from pathlib import Path

from infra.shopify.scopes import REASONS
from infra.shopify.transport import API_VERSION
from webhook_app.connect import BANNER_DESCRIPTION, BANNER_NAME
from webhook_app.topics import SUBSCRIBED, TOPICS

APP = tomllib.loads((Path(__file__).parents[2] / "infra/deploy/shopify.app.toml").read_text("utf-8"))


def test_it_asks_for_scopes_that_the_code_has_a_reason_for() -> None:
    scopes = set(APP["access_scopes"]["scopes"].split(","))
    assert scopes == REASONS.keys()


def test_it_declares_the_topics_that_cannot_be_subscribed_to_and_no_other() -> None:
    (declared,) = APP["webhooks"]["subscriptions"]
    assert set(declared["compliance_topics"]) == TOPICS.keys() - SUBSCRIBED.keys()
    assert declared["uri"].endswith("/webhooks")
    assert APP["webhooks"]["api_version"] == API_VERSION


def test_it_declares_the_banner_as_connecting_would_define_it() -> None:
    banner = APP["product"]["metafields"]["app"]["banner"]
    assert banner == {
        "type": "file_reference",
        "name": BANNER_NAME,
        "description": BANNER_DESCRIPTION,
        "access": {"admin": "merchant_read_write", "storefront": "public_read"},
    }


def test_installing_leads_through_the_install_flow() -> None:
    (callback,) = APP["auth"]["redirect_urls"]
    assert callback == f"{APP['application_url']}/callback"
