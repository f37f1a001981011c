"""The demo as a visitor sees it, in a browser: a listing arrives, the next is listed, a photo uploaded."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from infra.devstore.demo_catalog import draw_catalog
from tests import drawn

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LONG = 90_000

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no browser here; install Debian's chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn") / "catalog"
    draw_catalog(folder)
    return folder


@pytest.fixture
def first_page(tmp_path: Path, catalog: Path) -> Iterator[str]:
    """The address that `bestshot demo` prints; Ctrl-C must stop it cleanly afterwards."""
    shutil.copytree(catalog, tmp_path / "demo" / "catalog")
    command = [str(Path(sys.executable).with_name("bestshot")), "demo", "--port", "0", "--store-port", "0"]
    with subprocess.Popen(
        [*command, "--home", str(tmp_path / "demo")], stdout=subprocess.PIPE, text=True
    ) as app:
        assert app.stdout is not None
        yield next(line.strip() for line in app.stdout if "http://" in line)
        app.send_signal(signal.SIGINT)
        assert "Stopped." in app.stdout.read()
        assert app.wait(timeout=20) == 0


@pytest.mark.parametrize("width", [1280, 390])
def test_a_visitor_watches_a_listing_lists_the_next_and_uploads_a_photo(
    browser: Browser, first_page: str, tmp_path: Path, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)

    page.goto(first_page)
    expect(page.locator("h1")).to_contain_text("Blue knit cardigan")
    watch_it_arrive(page)

    page.get_by_role("link", name="All listings").click()
    page.get_by_role("button", name="List the next demo product").click()
    expect(page.locator("h1")).not_to_contain_text("Blue knit cardigan", timeout=LONG)
    watch_it_arrive(page)

    page.get_by_role("link", name="All listings").click()
    photo = tmp_path / "mine.jpg"
    photo.write_bytes(drawn.photo("Bags", "teal", "#efe8dc", kind=5))
    page.get_by_label("Photo").set_input_files(photo)
    page.get_by_label("Title").fill("Teal <b>bag</b>")
    page.get_by_label("Category").fill("Bags")
    page.get_by_role("button", name="List it").click()
    expect(page.locator("h1")).to_have_text("Teal <b>bag</b>", timeout=LONG)
    watch_it_arrive(page)

    assert problems == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.close()


def watch_it_arrive(page: Page) -> None:
    """References, brief and three images come in by themselves, and each image can really be seen."""
    expect(page.locator("#status")).to_contain_text("Published", timeout=LONG)
    expect(page.locator("#references li[data-product]")).to_have_count(3)
    expect(page.locator(".palette li").first).to_be_visible()
    tiles = page.locator("[data-format][data-status=published] img")
    expect(tiles).to_have_count(3)
    for image in tiles.all():
        image.scroll_into_view_if_needed()
        expect(image).to_have_js_property("complete", True, timeout=LONG)
        assert image.evaluate("image => image.naturalWidth") > 0
