"""A site of pages over a real database and real blobs, for each test that asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from infra.blobs import FolderBlobs
from infra.database import Database
from infra.runs import Runs
from tests.webhook_app import admin_kit
from tests.webhook_app.admin_kit import Office
from tests.webhook_app.site_kit import PRODUCT, SHOP, Site
from webhook_app import pages
from webhook_app.upload import OwnListing


@pytest.fixture
def site(tmp_path: Path) -> Site:
    runs, blobs = Runs(Database(f"sqlite:///{tmp_path}/pages.db")), FolderBlobs(tmp_path / "blobs")
    listed: list[OwnListing] = []

    def list_own(own: OwnListing) -> str:
        listed.append(own)
        return PRODUCT

    app = Flask("site", static_folder=None)
    app.register_blueprint(pages.blueprint(runs, blobs, SHOP, lambda: PRODUCT, list_own))
    return Site(app.test_client(), runs, blobs, listed)


@pytest.fixture(scope="package")
def whole_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with admin_kit.opened(tmp_path_factory.mktemp("office")) as office:
        yield office


@pytest.fixture
def office(whole_office: Office) -> Iterator[Office]:
    """The app with its admin endpoints, in which no sync is under way."""
    yield whole_office
    whole_office.end_syncs()
