"""The admin endpoints of scenes: JSON under /admin/shops/<shop>/scenes, part of the blueprint in admin.py."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, make_response, request, url_for
from pydantic import BaseModel, ConfigDict, ValidationError
from werkzeug.exceptions import BadRequest, NotFound, UnsupportedMediaType

from generators.scenes import SceneWish
from infra.errors import InputError, SettingsError
from infra.services import Services
from webhook_app.recipes.scene import begin_scene

SHOWN = ("status", "step", "reason", "started_at", "ended_at", "cost_usd")
OF_IMAGE = (
    "format",
    "status",
    "refusals",
    "media_id",
    "width",
    "height",
    "alt",
    "painter",
    "cost_usd",
    "checks",
)


class SceneWanted(BaseModel):
    """The body of a request for a scene; what it may leave out is as in `bestshot scene`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    words: str
    products: list[str]
    formats: list[str] = ["1:1"]
    bestsellers: bool = True
    publish: bool = False


def blueprint(services: Services) -> Blueprint:
    """Start a scene, and read what came of it; who may, the blueprint decides that this one is put in."""
    scenes = Blueprint("scenes", __name__, url_prefix="/scenes")

    @scenes.post("")
    def begin(shop: str) -> Response:
        run_id = begin_scene(services, shop, _wanted(), "admin")
        where = url_for(".one", shop=shop, run_id=run_id)
        return make_response(jsonify(_scene(services, shop, run_id)), 202, {"Location": where})

    @scenes.get("/<run_id>")
    def one(shop: str, run_id: str) -> Response:
        return jsonify(_scene(services, shop, run_id))

    return scenes


def _wanted() -> SceneWish:
    """What the body asks for; BadRequest says what cannot be used."""
    if not request.is_json:
        raise UnsupportedMediaType("Send the body as JSON, with `Content-Type: application/json`.")
    try:
        body = SceneWanted.model_validate_json(request.get_data())
        return SceneWish(
            body.words, tuple(body.products), tuple(body.formats), body.bestsellers, publish=body.publish
        )
    except ValidationError as error:
        faults = [(".".join(map(str, one["loc"])) or "body", one["msg"]) for one in error.errors()]
        raise BadRequest("; ".join(f"{where}: {what}" for where, what in faults)) from None
    except (InputError, SettingsError) as error:
        raise BadRequest(str(error)) from None


def _scene(services: Services, shop: str, run_id: str) -> dict[str, Any]:
    record = services.runs.read(shop, run_id)
    if record is None or record["scene"] is None:
        raise NotFound("This store has no such scene.")
    images = [{name: image[name] for name in OF_IMAGE} for image in record["paintings"]]
    return {"id": run_id, **record["scene"], **{name: record[name] for name in SHOWN}, "images": images}
