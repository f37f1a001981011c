"""A run's record as an entry of manifest.json."""

from __future__ import annotations

from typing import Any

REFERENCE = ("product_id", "score", "dense_rank", "sparse_rank", "sales_count", "category")
STYLE = ("scene", "lighting", "pose", "mood", "palette", "prompt")
IMAGE = ("format", "width", "height", "painter", "media_id", "alt")


def entry(
    new_id: str, run: dict[str, Any], paths: dict[str, str], catalog_ids: dict[str, str]
) -> dict[str, Any]:
    """One listing. `paths` maps a format to its file, `catalog_ids` a gid to the id in the catalog."""
    return {
        "new_id": new_id,
        "status": run["status"],
        "reason": run["reason"],
        "references": [
            _only(REFERENCE, reference) | {"product_id": catalog_ids.get(reference["product_id"], "")}
            for reference in run["references"]
        ],
        "retrieval": run["retrieval"],
        "style": _only(STYLE, run["brief"]) if run["brief"] else None,
        "images": [_image(image, paths) for image in run["paintings"]],
        "cost_usd": float(run["cost_usd"]),
        "seconds": run["seconds"],
    }


def unusable(new_id: str, reason: str) -> dict[str, Any]:
    """The entry of a listing that could not be started."""
    return {
        "new_id": new_id, "status": "failed", "reason": reason, "references": [], "retrieval": None,
        "style": None, "images": [], "cost_usd": 0.0, "seconds": 0.0,
    }  # fmt: skip


def _image(image: dict[str, Any], paths: dict[str, str]) -> dict[str, Any]:
    checks = {name: _only(("passed", "figure", "limit"), check) for name, check in image["checks"].items()}
    path = paths.get(image["format"])
    return _only(IMAGE, image) | {"path": path, "checks": checks, "cost_usd": float(image["cost_usd"])}


def _only(names: tuple[str, ...], values: dict[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in names}
