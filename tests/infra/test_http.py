"""Downloads: what may be fetched, how much of it, and what is never connected to."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, Response, redirect

from infra.errors import NotFound, Refused, Throttled, Unavailable
from infra.http import Downloader
from infra.wsgi import address, bind, serving


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    app = Flask("files")
    app.add_url_rule("/ok", view_func=lambda: b"x" * 1000, endpoint="ok")
    app.add_url_rule("/long", view_func=lambda: b"x" * 20_000, endpoint="long")
    app.add_url_rule(
        "/away", view_func=lambda: redirect("http://169.254.169.254/latest/meta-data"), endpoint="away"
    )
    app.add_url_rule(
        "/busy", view_func=lambda: Response(status=429, headers={"Retry-After": "7"}), endpoint="busy"
    )
    app.add_url_rule("/<int:status>", view_func=lambda status: Response(status=status), endpoint="status")
    listener = bind("127.0.0.1", 0)
    with serving(app, listener):
        yield address(listener)


@pytest.fixture
def trusting(origin: str) -> Downloader:
    return Downloader(max_bytes=5000, trusted=frozenset({origin}))


def test_a_file_is_fetched_whole(trusting: Downloader, origin: str) -> None:
    assert trusting.fetch(f"{origin}/ok") == b"x" * 1000


def test_a_file_over_the_limit_is_cut_off(trusting: Downloader, origin: str) -> None:
    with pytest.raises(Refused, match="over 5000 bytes"):
        trusting.fetch(f"{origin}/long")


def test_a_redirect_is_not_followed(trusting: Downloader, origin: str) -> None:
    with pytest.raises(Refused, match="302"):
        trusting.fetch(f"{origin}/away")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (404, NotFound),
        (410, NotFound),
        (403, Refused),
        (500, Unavailable),
        (503, Unavailable),
        (408, Unavailable),
    ],
)
def test_an_answer_says_whether_trying_again_helps(
    trusting: Downloader, origin: str, status: int, error: type[Exception]
) -> None:
    with pytest.raises(error):
        trusting.fetch(f"{origin}/{status}")


def test_a_server_that_asks_to_wait_says_how_long(trusting: Downloader, origin: str) -> None:
    with pytest.raises(Throttled) as asked:
        trusting.fetch(f"{origin}/busy")
    assert asked.value.retry_after == 7


def test_a_closed_port_may_open_later() -> None:
    listener = bind("127.0.0.1", 0)
    here = address(listener)
    listener.close()
    with pytest.raises(Unavailable):
        Downloader(max_bytes=10, trusted=frozenset({here})).fetch(f"{here}/")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "2130706433",
     "0x7f.1", "[::ffff:127.0.0.1]", "[fe80::1]", "100.64.0.1", "224.0.0.1"],
)  # fmt: skip
def test_no_address_inside_is_ever_connected_to(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: Any) -> None:
        raise AssertionError("connected")

    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises((Refused, Unavailable)):
        Downloader(max_bytes=10).fetch(f"http://{host}/")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.com/x", "javascript:1", "//x", ""])
def test_only_web_addresses_are_fetched(url: str) -> None:
    with pytest.raises(Refused, match="not a web address"):
        Downloader(max_bytes=10).fetch(url)


def test_a_name_that_changes_its_mind_is_connected_to_where_it_was_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """DNS rebinding: public at the first look, loopback at the second. The first answer is the one used."""
    answers = iter(["93.184.216.34", "127.0.0.1"])
    looked_up: list[str] = []
    connected: list[str] = []

    def getaddrinfo(host: str, port: Any, *_: Any, **__: Any) -> list[Any]:
        looked_up.append(host)
        ip = host if host[0].isdigit() else next(answers)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port or 0))]

    def connect(_self: socket.socket, to: tuple[str, int]) -> None:
        connected.append(to[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises(Unavailable):
        Downloader(max_bytes=10).fetch("http://rebinding.example/photo.jpg")
    assert connected == ["93.184.216.34"]
    assert looked_up.count("rebinding.example") == 1
