"""`bestshot doctor`: each credential, scope, subscription and service, and how to mend what is wrong.

Every look is taken at the real thing and changes nothing; whatever one finds, the next is taken too.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from typing import Literal

from PIL import Image

from infra.durable import reason
from infra.errors import BestshotError, Refused, ScopeMissing, SettingsError, TokenRefused
from infra.files import only_one
from infra.installations import Installation
from infra.openrouter import OpenRouter
from infra.services import Services, build
from infra.settings import Settings
from infra.shopify.scopes import REQUIRED, missing
from webhook_app.connect import WEBHOOKS, differing
from webhook_app.verify import signature

LITTLE_SPACE = 1_000_000_000
"""Bytes. A full disk loses what was painted last."""
PROBE = "bestshot-doctor.myshopify.com"
"""The shop that a test webhook is about; there is none of that name here."""

Verdict = Literal["ok", "warning", "failed"]
Question = tuple[str, Callable[[], str], str]
"""What is looked at, what looks at it (and returns what it saw), and how to mend what is wrong."""
DATABASE = "check DATABASE_URL, and that the database runs"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look found; `mend` says what to do about it, and is empty when all is well."""

    subject: str
    verdict: Verdict
    seen: str
    mend: str = ""


class Trouble(Exception):
    """Something to mend, or only to look at, whose remedy depends on what was seen."""

    def __init__(self, seen: str, mend: str, verdict: Verdict = "warning") -> None:
        super().__init__(seen)
        self.mend, self.verdict = mend, verdict


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at this machine, then at the store that is chosen, or at every connected one."""
    try:
        services = build(settings)
    except BestshotError as error:
        yield Finding("records", "failed", str(error), DATABASE)
        return
    with closing(services):
        yield from map(_finding, _machine(services))
        yield from _shops(services)


def _shops(services: Services) -> Iterator[Finding]:
    chosen = services.settings.shop
    shops = [one for one in services.installations.active() if chosen in ("", one.shop)]
    if not shops:
        mend = f"run `bestshot connect {chosen or 'NAME.myshopify.com'}`"
        yield Finding(chosen or "stores", "failed", "not connected", mend)
    for one in shops:
        for subject, look, mend in _shop(services, one):
            yield _finding((f"{one.shop} {subject}", look, mend))


def _finding(question: Question) -> Finding:
    subject, look, mend = question
    try:
        return Finding(subject, "ok", look())
    except Trouble as trouble:
        return Finding(subject, trouble.verdict, str(trouble), trouble.mend)
    except Exception as error:  # the next look is taken whatever this one meets
        return Finding(subject, "failed", reason(error), mend)


def _machine(services: Services) -> Iterator[Question]:
    yield "records", services.database.ping, DATABASE
    yield "recipes", services.starter.ping, f"start `bestshot worker`, it makes their tables; {DATABASE}"
    yield "worker", partial(_worker, services), ""
    yield "mirror", partial(_mirror, services), "check MILVUS_URI, and that Milvus runs"
    yield "disk", partial(_disk, services), "make room, or set BESTSHOT_HOME to a larger disk"
    yield "text reader", partial(_reader, services), "see the Makefile's target `install`"
    if services.openrouter:
        yield "OpenRouter", partial(_openrouter, services.openrouter), "check OPENROUTER_API_KEY"
    yield "address", partial(_address, services), "set BESTSHOT_APP_URL, run `bestshot serve` behind it"


def _shop(services: Services, one: Installation) -> Iterator[Question]:
    again = f"run `bestshot connect {one.shop}` again"
    yield "credentials", partial(_credentials, services, one.shop), again
    yield "scopes", partial(_scopes, services, one.shop), f"add them to the app, approve them, then {again}"
    yield "webhooks", partial(_webhooks, services, one), again
    yield "sales", partial(_sales, services, one.shop), "give the app read_reports, or read_orders"
    yield "API points", partial(_points, services, one.shop), "wait a minute"
    yield "catalog", partial(_catalog, services, one.shop), ""


def _openrouter(client: OpenRouter) -> str:
    left = client.get("/key").get("data", {}).get("limit_remaining")
    return "takes the key" + (f", which has ${left} left" if left is not None else "")


def _worker(services: Services) -> str:
    home = services.settings.home
    if not _is_worked_on(services):
        raise Trouble(
            f"none is running on {home}", "unless one runs elsewhere, listings wait: run `bestshot worker`"
        )
    return f"a worker, or a `bestshot sync`, is at work on {home}"


def _is_worked_on(services: Services) -> bool:
    with ExitStack() as stack:
        try:
            stack.enter_context(only_one(services.settings.home))
        except SettingsError:
            return True
    return False


def _mirror(services: Services) -> str:
    """Milvus Lite opens for one process: while the worker has it, its own word must do."""
    if "://" not in services.settings.mirror_uri and _is_worked_on(services):
        return "Milvus Lite, open in the process that works there"
    return services.mirror.ping()


def _disk(services: Services) -> str:
    home = services.settings.home
    free = shutil.disk_usage(home).free
    if free < LITTLE_SPACE:
        raise Refused(f"{free / 1e9:.1f} GB free under {home}")
    return f"{free / 1e9:.0f} GB free under {home}"


def _reader(services: Services) -> str:
    services.ocr.read(Image.new("RGB", (64, 64), "white"))
    return "reads"


def _address(services: Services) -> str:
    """A webhook about nothing, signed here: a server that takes it is ours and holds the same secret."""
    url = services.settings.app_url
    secret = next(iter(services.settings.webhook_secrets), b"")
    if not url or not secret:
        raise Refused(f"{'SHOPIFY_API_SECRET' if url else 'BESTSHOT_APP_URL'} is not set")
    status = _knock(services, f"{url}{WEBHOOKS}", secret)
    if status == 401:
        mend = "give `bestshot serve` there the SHOPIFY_API_SECRET that is set here, or the other way round"
        raise Trouble(f"{url} answers, but does not take our signature", mend, "failed")
    if status != 200:
        raise Refused(f"{url}{WEBHOOKS} answered {status}")
    if not url.startswith("https://"):
        raise Trouble(f"{url} answers", "Shopify sends webhooks to https:// addresses only")
    return f"{url} answers, and takes our signature"


def _knock(services: Services, url: str, secret: bytes) -> int:
    body = json.dumps({"shop_domain": PROBE}).encode()
    headers = {
        "Content-Type": "application/json",
        "X-Shopify-Topic": "customers/data_request",
        "X-Shopify-Shop-Domain": PROBE,
        "X-Shopify-Hmac-Sha256": signature(body, secret),
    }
    return services.downloader.knock(url, body, headers)


def _credentials(services: Services, shop: str) -> str:
    name = services.store(shop).shop().name
    return f"{str(services.tokens.kind(shop)).replace('_', ' ')}; {name} answers"


def _scopes(services: Services, shop: str) -> str:
    lacking = missing(services.store(shop).installation()[1])
    needed = [scope for scope in lacking if scope in REQUIRED]
    if needed:
        raise Refused(f"{', '.join(needed)} not granted")
    if lacking:
        reasons = "; ".join(f"without {scope} it cannot {why}" for scope, why in lacking.items())
        raise Trouble(reasons, f"add them to the app, approve them, then run `bestshot connect {shop}` again")
    return "all granted"


def _webhooks(services: Services, one: Installation) -> str:
    address = services.settings.app_url or one.address
    off = differing(services.store(one.shop), address)
    if off:
        raise Refused(f"{', '.join(off)} not sent to {address}")
    return f"sent to {address}"


def _sales(services: Services, shop: str) -> str:
    store = services.store(shop)
    try:
        return f"{store.sales.total(1):,} units yesterday, by the sales report"
    except TokenRefused:
        raise
    except Refused as error:
        refusal = str(error)
    try:
        store.orders.count("")
    except ScopeMissing:
        raise Refused(refusal) from None
    mend = "give the app read_reports and access to protected customer data"
    raise Trouble("no sales report; the orders of the last 60 days are counted instead", mend)


def _points(services: Services, shop: str) -> str:
    store = services.store(shop)
    store.shop()
    spent = store.costs.spent
    return f"{spent.available} in the bucket, {spent.restore_rate} more each second"


def _catalog(services: Services, shop: str) -> str:
    count = len(services.seen.fingerprints(shop))
    if not count:
        raise Trouble("nothing is mirrored yet", f"run `bestshot sync {shop}`")
    return f"{count:,} products mirrored"
