"""Media in the local store: their life, their limits, and their files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests

from infra.devstore.server import LocalStore
from infra.errors import Refused
from infra.shopify.store import Shopify
from tests.infra.devstore_kit import (
    client_of,
    ended,
    file_url,
    open_store,
    picture,
    served,
    until,
    upload_file,
)

LARGE = 20 * 1024 * 1024


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStore]:
    with open_store(tmp_path_factory.mktemp("store")) as opened:
        yield opened


@pytest.fixture(scope="module")
def client(store: LocalStore) -> Shopify:
    return client_of(store)


def test_an_image_is_uploaded_then_processed_then_ready(tmp_path_factory: pytest.TempPathFactory) -> None:
    with open_store(tmp_path_factory.mktemp("slow"), media_delay=0.3) as store:
        client = client_of(store)
        made = client._api.mutate(
            "file_create",
            files=[
                {
                    "originalSource": client.files.upload(picture(), "a.jpg", "image/jpeg"),
                    "contentType": "IMAGE",
                }
            ],
        )["files"][0]
        assert made["fileStatus"] == "UPLOADED"
        until(lambda: client.files.state(made["id"]) == ("PROCESSING", ""))
        until(lambda: client.files.state(made["id"]).status == "READY")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"no image at all", "UNSUPPORTED_IMAGE_FILE_TYPE"),
        (b"", "UNSUPPORTED_IMAGE_FILE_TYPE"),
        (picture(kind="BMP"), "UNSUPPORTED_IMAGE_FILE_TYPE"),
        (picture(600, 600)[:-400], "IMAGE_PROCESSING_FAILURE"),
        (picture(4473, 1, kind="PNG"), "INVALID_IMAGE_RESOLUTION"),
        (picture(4472, 4473, kind="PNG"), "INVALID_IMAGE_RESOLUTION"),
        (picture(4472, 4472, kind="PNG")[:99], "IMAGE_PROCESSING_FAILURE"),
        (picture() + bytes(LARGE), "INVALID_IMAGE_FILE_SIZE"),
    ],
    ids=["text", "empty", "bmp", "truncated", "too long a side", "too large", "torn", "too many bytes"],
)
def test_an_image_that_cannot_be_used_fails_and_says_why(client: Shopify, data: bytes, code: str) -> None:
    media_id = upload_file(client, data)
    state = ended(client, media_id)
    assert (state.status, file_url(client, media_id)) == ("FAILED", "")
    assert code in state.reason


def test_an_image_at_the_limits_is_ready(client: Shopify) -> None:
    assert ended(client, upload_file(client, picture(4472, 4472, kind="PNG"))).status == "READY"


def test_a_failed_product_photo_is_no_photo(client: Shopify) -> None:
    product_id = client.products.create("Torn", "Hats", photo=b"not an image")
    node = until(
        lambda: _media(client, product_id) if _media(client, product_id)["status"] == "FAILED" else None
    )
    assert node["image"] is None
    assert client.products.get(product_id).photos == ()  # type: ignore[union-attr]


def _media(client: Shopify, product_id: str) -> dict[str, object]:
    found: dict[str, object] = client._api.query("product", id=product_id)["product"]["media"]["nodes"][0]
    return found


@pytest.mark.parametrize(
    ("kind", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")]
)
def test_an_image_is_served_as_what_it_is_and_for_long(client: Shopify, kind: str, media_type: str) -> None:
    data = picture(kind=kind)
    reply = requests.get(served(client, upload_file(client, data, f"lies-{kind}.gif")), timeout=5)
    assert reply.content == data
    assert reply.headers["Content-Type"] == media_type
    assert "immutable" in reply.headers["Cache-Control"]


def test_a_name_in_use_gets_a_uuid_appended(client: Shopify) -> None:
    first = upload_file(client, picture(kind="PNG"), "twice.png")
    wanted = {
        "originalSource": client.files.upload(picture(kind="PNG"), "twice.png", "image/png"),
        "filename": "twice.png",
        "contentType": "IMAGE",
    }
    second = client._api.mutate("file_create", files=[wanted])["files"][0]["id"]
    assert first != second
    assert served(client, first).partition("?")[0].endswith("/twice.png")
    assert "/twice_" in served(client, second)
    assert client.files.find("twice.png") == first


def test_a_name_in_use_can_be_refused_or_replaced(client: Shopify) -> None:
    old = upload_file(client, picture(kind="PNG"), "mode.png")
    before = served(client, old)
    source = client.files.upload(picture(color="navy", kind="PNG"), "mode.png", "image/png")
    wanted = {"originalSource": source, "filename": "mode.png", "contentType": "IMAGE"}
    with pytest.raises(Refused, match="already in use"):
        client._api.mutate("file_create", files=[wanted | {"duplicateResolutionMode": "RAISE_ERROR"}])
    files = client._api.mutate("file_create", files=[wanted | {"duplicateResolutionMode": "REPLACE"}])[
        "files"
    ]
    assert files[0]["id"] == old
    after = served(client, old)
    assert (after.partition("?")[0], after == before) == (before.partition("?")[0], False)


def test_an_image_may_come_from_the_store_itself_but_from_nowhere_else(client: Shopify) -> None:
    own = served(client, upload_file(client, picture(kind="PNG"), "origin.png"))
    assert ended(client, client.files.create(own, "copy.png", "")).status == "READY"
    far = client.files.create("https://example.com/far.png", "far.png", "")
    assert "IMAGE_DOWNLOAD_FAILURE" in ended(client, far).reason
    with pytest.raises(Refused, match="Invalid image source"):
        client.files.create("file:///etc/passwd", "passwd.png", "")


def test_a_target_that_nothing_was_sent_to_gives_no_image(client: Shopify) -> None:
    target = _target(client, "PUT")
    assert (
        "IMAGE_DOWNLOAD_FAILURE"
        in ended(client, client.files.create(target["resourceUrl"], "void.png", "")).reason
    )


def test_a_form_may_be_posted_instead(client: Shopify) -> None:
    target = _target(client, "POST")
    fields = {p["name"]: p["value"] for p in target["parameters"]}
    reply = requests.post(
        target["url"], data=fields, files={"file": ("a.png", picture(kind="PNG"))}, timeout=5
    )
    assert reply.status_code == 201
    assert ended(client, client.files.create(target["resourceUrl"], "posted.png", "")).status == "READY"


def test_an_unknown_or_expired_target_is_refused(
    client: Shopify, store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert requests.put(f"{store.url}/staged/0123/a.png", data=b"x", timeout=5).status_code == 403
    assert requests.post(f"{store.url}/staged", data={"key": "0123/a.png"}, timeout=5).status_code == 400
    monkeypatch.setattr("infra.devstore.uploads.TARGET_LIFE", -timedelta(hours=1))
    target = _target(client, "PUT")
    assert requests.put(target["url"], data=b"x", timeout=5).status_code == 403


def test_a_target_must_never_see_the_access_token(client: Shopify) -> None:
    headers = {"X-Shopify-Access-Token": "shpat_x"}
    assert (
        requests.put(_target(client, "PUT")["url"], data=b"x", headers=headers, timeout=5).status_code == 400
    )


def _target(client: Shopify, method: str) -> dict[str, object]:
    wanted = {"resource": "IMAGE", "filename": "a.png", "mimeType": "image/png", "httpMethod": method}
    found: dict[str, object] = client._api.mutate("staged_uploads_create", input=[wanted])["stagedTargets"][0]
    return found
