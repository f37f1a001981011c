"""Connecting a shop: access, scopes, webhooks, the banner's metafield."""

from __future__ import annotations

from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from functools import partial

import structlog

from generators.formats import parse_formats
from infra.errors import InputError, ScopeMissing, SettingsError, TokenRefused, Unavailable
from infra.locks import PATIENCE
from infra.services import Services
from infra.shopify.oauth import Grant
from infra.shopify.replies import Shop
from infra.shopify.scopes import REQUIRED, missing
from infra.shopify.store import Shopify
from infra.shopify.transport import FixedToken
from sync.publish import BANNER, banner_key
from webhook_app.sync_runs import schedule_nights
from webhook_app.topics import SUBSCRIBED

log = structlog.get_logger()

WEBHOOKS = "/webhooks"
BANNER_NAME = "Bestshot banner"
BANNER_DESCRIPTION = "The wide promo image that Bestshot made for this product."


@dataclass(frozen=True, slots=True)
class Connected:
    """What connecting a shop found and did.

    `lacking` are useful scopes that were not granted, with what they are for; `webhooks` says of each topic
    whether its subscription was created, updated or unchanged; `banners` are the metafields that hold them,
    as Liquid names them, with whether they were defined just now.
    """

    shop: str
    name: str
    kind: str
    locale: str
    lacking: dict[str, str]
    webhooks: dict[str, str]
    banners: dict[str, bool]


def connect(services: Services, shop: str, address: str) -> Connected:
    """Get access to a shop, remember it, and have its webhooks sent to `address`.

    Only what differs is changed. InputError when the store goes by another name, ScopeMissing when a scope
    that everything needs was not granted: then nothing was changed in the store.
    """
    with alone(services, shop):
        return set_up(services, shop, address)


def alone(services: Services, shop: str) -> AbstractContextManager[None]:
    """One at a time connects a shop, or looks whether it has left and acts on that.

    A merchant may have the app open in several tabs, or install it again while its uninstall is looked into.
    """
    return services.locks.hold(f"the install of {shop}", PATIENCE)


def set_up(services: Services, shop: str, address: str) -> Connected:
    """What `connect` does, for a caller that is `alone` with the shop already."""
    kind = obtain(services, shop)
    store = services.store(shop)
    try:
        about = _of_that_name(store, shop)
    except InputError:
        if services.installations.get(shop) is None:
            services.tokens.forget(shop)  # no webhook under this name would ever have us forget them
        raise
    app_id, granted = store.installation()
    lacking = missing(granted)
    _need(shop, lacking)
    locale = _locale(store)
    services.installations.connect(about, locale, address)
    _schedule_nights(services, shop)
    return Connected(
        shop=shop,
        name=about.name,
        kind=kind,
        locale=locale,
        lacking=lacking,
        webhooks=store.subscriptions.ensure(SUBSCRIBED, f"{address}{WEBHOOKS}"),
        banners=_define_banners(services, store, app_id),
    )


def stay_connected(services: Services, shop: str) -> None:
    """Take over the shop's language, and its time zone with its nights; subscribe again to what is missing.

    The store drops a subscription whose address has failed eight times. A shop that leaves meanwhile stays
    away.
    """
    one = services.installations.get(shop)
    if one and one.active:
        store = services.store(shop)
        services.installations.refresh(store.shop(), _locale(store))
        _schedule_nights(services, shop)
        # Where `connect` sent them: the settings of a worker may be older than that.
        changes = store.subscriptions.ensure(SUBSCRIBED, f"{one.address}{WEBHOOKS}")
        made = [topic for topic, change in changes.items() if change != "unchanged"]
        if made:
            log.warning("webhooks had to be subscribed to again", shop=shop, topics=made)


def differing(store: Shopify, address: str) -> list[str]:
    """The topics whose webhooks do not come to `address`, or not with the fields that we read."""
    wanted = {(topic, f"{address}{WEBHOOKS}", frozenset(fields)) for topic, fields in SUBSCRIBED.items()}
    held = {(one.topic, one.uri, frozenset(one.fields)) for one in store.subscriptions.all()}
    return sorted(topic for topic, _, _ in wanted - held)


def obtain(services: Services, shop: str) -> str:
    """Keep the credentials that the settings give for a shop; returns their kind.

    Those of an installed public app stay: they come from the merchant's consent, never from settings. So does
    an admin token that works: it need not be in the settings for longer than once.
    """
    settings, held = services.settings, services.tokens.kind(shop)
    token = settings.shopify_access_token.get_secret_value()
    if held == "offline":
        return held
    if token and settings.shop in ("", shop):
        _try(services, shop, token)
        services.tokens.keep(shop, "admin_token", Grant(token))
        return "admin_token"
    if held == "admin_token" and _works(services, shop):
        return held
    if not settings.shopify_api_key:
        raise SettingsError("set SHOPIFY_API_KEY and SHOPIFY_API_SECRET, or SHOPIFY_ACCESS_TOKEN")
    services.tokens.obtain(shop, "client_credentials", partial(services.oauth.client_credentials, shop))
    return "client_credentials"


def _try(services: Services, shop: str, token: str) -> None:
    """TokenRefused when the shop does not take a token: then it must not replace the one that may work."""
    with closing(Shopify(services.settings.store_url(shop), shop, FixedToken(token))) as store:
        _of_that_name(store, shop)


def _of_that_name(store: Shopify, shop: str) -> Shop:
    """The shop itself; InputError when `shop` is but an alias: its webhooks name it otherwise."""
    about = store.shop()
    if about.domain != shop:
        raise InputError(f"{shop} is another name of {about.domain}; run: bestshot connect {about.domain}")
    return about


def _works(services: Services, shop: str) -> bool:
    try:
        services.store(shop).installation()
    except TokenRefused:
        return False
    return True


def _need(shop: str, lacking: dict[str, str]) -> None:
    needed = {scope: why for scope, why in lacking.items() if scope in REQUIRED}
    if needed:
        text = "; ".join(f"{scope}, to {why}" for scope, why in needed.items())
        raise ScopeMissing(f"{shop} lacks scopes: {text}. Add them to the app, and approve them in the store")


def _locale(store: Shopify) -> str:
    try:
        return store.locale()
    except ScopeMissing:  # useful, no more: alternative texts are then in English
        return "en"


def _schedule_nights(services: Services, shop: str) -> None:
    try:
        schedule_nights(services, shop)
    except Unavailable as error:  # no worker has been here yet, and each begins with that
        log.info("nights not scheduled yet", shop=shop, why=str(error))


def _define_banners(services: Services, store: Shopify, app_id: str) -> dict[str, bool]:
    namespace = f"app--{app_id.rpartition('/')[2]}"
    keys = {banner_key(f.ratio): f.ratio for f in parse_formats(services.settings.formats) if f.with_text}
    names = {key: BANNER_NAME if key == BANNER else f"{BANNER_NAME} {ratio}" for key, ratio in keys.items()}
    return {
        f'product.metafields["{namespace}"].{key}': store.metafields.define(key, name, BANNER_DESCRIPTION)
        for key, name in names.items()
    }
