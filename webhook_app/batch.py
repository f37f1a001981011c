"""`bestshot batch`: the recipe of a new listing, folder in and folder out."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from generators.sheet import sheet
from infra import provenance
from infra.catalog import CatalogRow, RowSet, read_new_products, read_products
from infra.devstore.loading import catalog_gid
from infra.errors import BestshotError, InputError
from infra.model import Painting, load, slug
from infra.runs import ENDED
from infra.settings import Settings
from webhook_app import manifest
from webhook_app.embedded import Embedded, list_row, running

LOOK_SECONDS = 0.2
LONGEST_WAIT = 120.0
"""Seconds in which the local store must have processed a photo."""


def run_batch(folder: Path, out: Path, settings: Settings, console: Console) -> bool:
    """Make images for every new product of a catalog folder; True when every one reached an end.

    Raises CatalogError when a file of the folder is unusable as a whole.
    """
    catalog, new = read_products(folder), read_new_products(folder)
    for problem in (*catalog.problems, *new.problems):
        console.print(f"[yellow]set aside[/] {escape(problem.message)}", highlight=False)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out {out} cannot be a folder: {error.strerror}") from None
    with TemporaryDirectory(prefix="bestshot-") as home:
        ours = {"home": Path(home), "port": 0, "photo_wait_seconds": LONGEST_WAIT, "publish": "automatic"}
        own = settings.model_copy(update=ours)
        with running(own, catalog.rows) as embedded, _progress(console) as progress:
            listings = _work(embedded, progress, catalog, new, out)
    entries = [*listings, *(manifest.unusable(p.id, p.message) for p in new.problems)]
    _write(out / "manifest.json", json.dumps({"listings": entries}, indent=2, ensure_ascii=False).encode())
    console.print(_table(entries))
    console.print(
        f"Written to {out}: manifest.json, and a folder for each listing with its images and sheet.png"
    )
    return all(one["status"] != "failed" for one in entries)


def _work(
    embedded: Embedded, progress: Progress, catalog: RowSet, new: RowSet, out: Path
) -> list[dict[str, Any]]:
    bar = progress.add_task("Mirroring the catalog", total=len(catalog.rows))
    embedded.sync()
    progress.update(bar, completed=len(catalog.rows))
    catalog_ids = {catalog_gid(row.id): row.id for row in catalog.rows}
    bar = progress.add_task("Listing new products", total=len(new.rows))
    listed: dict[str, CatalogRow] = {}
    entries: dict[str, dict[str, Any]] = {}
    for row in new.rows:
        try:
            listed[list_row(embedded.services, embedded.shop, row)] = row
        except BestshotError as error:
            listed[row.id] = row
            entries[row.id] = manifest.unusable(row.id, f"the store did not take it: {error}")
            progress.advance(bar)
    while len(entries) < len(listed):
        for product_id in listed.keys() - entries.keys():
            run = embedded.services.runs.of_product(embedded.shop, product_id)
            if run and (
                run["status"] in ENDED or run["step"] == "budget"
            ):  # nobody waits here until tomorrow
                row = listed[product_id]
                paths = _save(embedded, run, row, out)
                entries[product_id] = manifest.entry(row.id, run, paths, catalog_ids)
                progress.advance(bar)
        time.sleep(LOOK_SECONDS)
    return [entries[product_id] for product_id in listed]


def _save(embedded: Embedded, run: dict[str, Any], row: CatalogRow, out: Path) -> dict[str, str]:
    """Write a listing's images and its sheet; returns each format's path inside `out`."""
    blobs = embedded.services.blobs
    paths, results = {}, []
    for image in run["paintings"]:
        if image["key"]:
            said = provenance.provenance_of(load(Painting, image), datetime.now(UTC))
            data = provenance.write(blobs.read(image["key"]), said)
            suffix = image["key"].rpartition(".")[2]
            path = Path(row.id) / f"{slug(image['format'])}.{suffix}"
            _write(out / path, data)
            paths[image["format"]] = path.as_posix()
            results.append((data, f"{image['format']} {image['status']}"))
    references = [
        (blobs.read(r["photo_key"]), f"{r['title']} · {r['sales_count']:,} sold") for r in run["references"]
    ]
    if run["photo_key"]:
        _write(
            out / row.id / "sheet.png", sheet(blobs.read(run["photo_key"]), references, results, row.title)
        )
    return paths


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console)


def _table(entries: Iterable[dict[str, Any]]) -> Table:
    table = Table("listing", "status", "learned from", "images", "seconds", "cost", "reason")
    for one in entries:
        table.add_row(
            escape(one["new_id"]), one["status"], ", ".join(r["product_id"] for r in one["references"]),
            ", ".join(image["format"] for image in one["images"]), f"{one['seconds']:.1f}",
            f"${one['cost_usd']:.2f}", escape(one["reason"]),
        )  # fmt: skip
    return table
