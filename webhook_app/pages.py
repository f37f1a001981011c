"""The pages a merchant looks at: the newest listings, one listing as it happens, and a way to list a photo.

A page is whole without script. With it, page.js asks for the same address with `?fragment=1` and gets only
the part that changes, or 304 when nothing did.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from infra.blobs import Blobs
from infra.errors import BestshotError, InputError, NotFound
from infra.pixels import sniff, thumbnail_jpeg
from infra.runs import Runs
from webhook_app import wording
from webhook_app.browser import guard, refuse_cross_site
from webhook_app.upload import FORM_LIMIT, TEXT_LIMIT, FieldError, OwnListing, read_listing

RECENT = 24
"""Listings on the overview."""
THUMBNAIL = 640
"""Pixels; twice the width at which the pages show one, for fine screens."""

PRODUCT_GID = "gid://shopify/Product/"


def blueprint(
    runs: Runs,
    blobs: Blobs,
    shop: str,
    list_next: Callable[[], str] | None,
    list_own: Callable[[OwnListing], str],
) -> Blueprint:
    """The pages of one shop.

    `list_next` lists the next demo product (None: there is no demo catalog), `list_own` a visitor's own; both
    return the product's gid and raise a BestshotError whose message the page then shows.
    """
    pages = _Pages(runs, blobs, shop, list_next, list_own)
    made = Blueprint(
        "pages", __name__, template_folder="templates", static_folder="static", static_url_path="/static"
    )
    made.add_url_rule("/", view_func=pages.overview)
    made.add_url_rule("/shops/<shop>/listings", view_func=pages.create, methods=["POST"])
    made.add_url_rule("/shops/<shop>/products/<int:number>", view_func=pages.product)
    made.add_url_rule("/shops/<shop>/runs/<path:run_id>", view_func=pages.run)
    made.add_url_rule("/shops/<shop>/blobs/<path:key>", view_func=pages.blob)
    made.url_value_preprocessor(pages.keep_to_own_shop)
    made.context_processor(lambda: {"shop": shop, "words": wording})
    made.register_error_handler(HTTPException, _problem)
    made.after_app_request(guard)
    return made


@dataclass(frozen=True, slots=True)
class _Pages:
    runs: Runs
    blobs: Blobs
    shop: str
    list_next: Callable[[], str] | None
    list_own: Callable[[OwnListing], str]

    def keep_to_own_shop(self, _endpoint: str | None, values: dict[str, Any] | None) -> None:
        """Nothing of another shop is served: its address does not exist here."""
        if values and values.pop("shop", self.shop) != self.shop:
            abort(404)

    def overview(self) -> AnyResponse:
        return self._overview()

    def create(self) -> AnyResponse:
        refuse_cross_site(request)
        request.max_content_length = FORM_LIMIT
        try:
            product_id = self._list()
        except FieldError as problem:
            return self._overview(str(problem), problem.field, 400)
        except InputError as problem:
            return self._overview(str(problem), "", 400)
        except BestshotError as problem:
            return self._overview(f"The store did not take the product: {problem}", "", 502)
        number = product_id.removeprefix(PRODUCT_GID)
        return redirect(url_for("pages.product", shop=self.shop, number=number), 303)

    def product(self, number: int) -> AnyResponse:
        return self._listing(self.runs.of_product(self.shop, f"{PRODUCT_GID}{number}"))

    def run(self, run_id: str) -> AnyResponse:
        return self._listing(self.runs.read(self.shop, run_id) or abort(404))

    def blob(self, key: str) -> AnyResponse:
        """An image by its key; `?thumbnail=1` for a small JPEG of it."""
        if not key.startswith(f"{self.shop}/"):
            abort(404)
        try:
            data = self.blobs.read(key)
            data = thumbnail_jpeg(data, THUMBNAIL) if "thumbnail" in request.args else data
            return _image(data, sniff(data))
        except (NotFound, InputError):
            abort(404)

    def _list(self) -> str:
        if request.form.get("demo") != "next":
            return self.list_own(read_listing(request.form, request.files.get("photo")))
        if self.list_next is None:
            raise InputError("There is no demo catalog here.")
        return self.list_next()

    def _overview(self, problem: str = "", field: str = "", status: int = 200) -> AnyResponse:
        runs = self.runs.recent(self.shop, RECENT)
        return _page(
            "overview.html",
            status,
            runs=runs,
            live=any(map(wording.is_live, runs)),
            categories=sorted({run["category"] for run in runs if run["category"]}),
            demo=self.list_next is not None,
            typed=request.form,
            text_limit=TEXT_LIMIT,
            problem=problem,
            field=field,
        )

    def _listing(self, run: Mapping[str, Any] | None) -> AnyResponse:
        return _page("listing.html", run=run, live=run is None or wording.is_live(run))


def _page(template: str, status: int = 200, **values: Any) -> AnyResponse:
    """A page, or its changing part alone; 304 when the browser holds the same bytes already."""
    name = f"_{template}" if "fragment" in request.args else template
    response = make_response(render_template(name, **values), status)
    response.cache_control.no_cache = True
    response.cache_control.private = True
    response.add_etag()
    return response.make_conditional(request)


def _image(data: bytes, media_type: str) -> Response:
    response = Response(data, mimetype=media_type)
    # Whatever the bytes hold, opened on their own they may run nothing.
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


def _problem(problem: HTTPException) -> AnyResponse:
    """An error as a page of its own."""
    if isinstance(problem, RequestEntityTooLarge):
        text = (
            "A photo may have up to 20 MB. Go back, where what you typed still is, and choose a smaller one."
        )
    else:
        text = problem.description or ""
    return make_response(render_template("problem.html", title=problem.name, text=text), problem.code or 500)
