"""Downloads: what may be fetched, how much of it, how long, and what is never connected to."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from infra.errors import NotFound, Refused, Throttled, Unavailable
from infra.guard import is_public
from infra.http import Downloader
from infra.wsgi import address, bind
from tests.infra.host_kit import Host, answer, photo_host

LIMIT = 5000


@pytest.fixture
def host() -> Iterator[Host]:
    with photo_host({"/ok": answer(b"x" * 1000), "/whole": answer(b"x" * LIMIT)}) as opened:
        yield opened


@pytest.fixture
def trusting(host: Host) -> Iterator[Downloader]:
    with closing(Downloader(max_bytes=LIMIT, trusted=frozenset({host.url}))) as downloader:
        yield downloader


@pytest.fixture
def wary() -> Iterator[Downloader]:
    with closing(Downloader(max_bytes=LIMIT)) as downloader:
        yield downloader


@pytest.fixture
def never_connects(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: Any) -> None:
        raise AssertionError("connected")

    monkeypatch.setattr(socket.socket, "connect", connect)


def resolving(monkeypatch: pytest.MonkeyPatch, answers: Callable[[str], list[str]]) -> None:
    """Names mean what `answers` says; addresses mean themselves."""

    def getaddrinfo(host: str, port: Any, *_: Any, **__: Any) -> list[Any]:
        ips = [host] if host[0].isdigit() else answers(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port or 0)) for ip in ips]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def test_a_file_is_fetched_whole_up_to_the_limit(trusting: Downloader, host: Host) -> None:
    assert trusting.fetch(f"{host.url}/ok") == b"x" * 1000
    assert trusting.fetch(f"{host.url}/whole") == b"x" * LIMIT


def test_a_connection_serves_one_download_after_the_other(trusting: Downloader, host: Host) -> None:
    for _ in range(5):
        trusting.fetch(f"{host.url}/ok")
    assert (len(host.asked), host.connections) == (5, 1)


def test_nothing_is_carried_from_one_download_to_the_next(trusting: Downloader, host: Host) -> None:
    host.pages["/cookie"] = answer(b"x", Set_Cookie="session=1; Path=/")
    trusting.fetch(f"{host.url}/cookie")
    trusting.fetch(f"{host.url}/ok")
    assert "Cookie" not in host.headers[-1]


def test_a_file_that_announces_too_much_is_not_read(trusting: Downloader, host: Host) -> None:
    host.pages["/long"] = answer(b"", Content_Length=str(10**12))  # and nothing follows: reading would stall
    began = monotonic()
    with pytest.raises(Refused, match="over 5000 bytes"):
        trusting.fetch(f"{host.url}/long")
    assert monotonic() - began < 2


def test_a_file_that_announces_nothing_is_cut_off_at_the_limit(trusting: Downloader, host: Host) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        while True:
            handler.wfile.write(b"400\r\n" + b"x" * 1024 + b"\r\n")

    host.pages["/endless"] = endless
    with pytest.raises(Refused, match="over 5000 bytes"):
        trusting.fetch(f"{host.url}/endless")


def test_a_file_that_ends_early_may_come_whole_next_time(trusting: Downloader, host: Host) -> None:
    host.pages["/short"] = answer(b"x" * 10, Content_Length="20", Connection="close")
    with pytest.raises(Unavailable):
        trusting.fetch(f"{host.url}/short")


def test_nothing_packed_is_asked_for_or_taken(trusting: Downloader, host: Host) -> None:
    host.pages["/bomb"] = answer(b"x", Content_Encoding="gzip")
    with pytest.raises(Refused, match="packed"):
        trusting.fetch(f"{host.url}/bomb")
    assert host.headers[-1]["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("part", ["headers", "body"])
def test_who_drips_is_hung_up_on(
    trusting: Downloader, host: Host, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    """Each byte comes well within the longest silence; only the whole takes too long."""
    monkeypatch.setattr("infra.guard.WHOLE_SECONDS", 0.3)
    ended = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        if part == "body":
            handler.send_response(200)
            handler.send_header("Content-Length", "4000")
            handler.end_headers()
        while not ended.wait(0.02):
            handler.wfile.write(b"H")

    host.pages["/drip"] = drip
    began = monotonic()
    with pytest.raises(Unavailable):
        trusting.fetch(f"{host.url}/drip")
    ended.set()
    assert 0.2 < monotonic() - began < 5


@pytest.mark.parametrize("where", ["http://169.254.169.254/latest/meta-data", "/ok"])
def test_a_redirect_is_not_followed(trusting: Downloader, host: Host, where: str) -> None:
    host.pages["/away"] = answer(status=302, Location=where)
    with pytest.raises(Refused, match="redirects elsewhere") as refused:
        trusting.fetch(f"{host.url}/away?token=secret")
    assert "secret" not in str(refused.value)
    assert len(host.asked) == 1


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (404, NotFound),
        (410, NotFound),
        (403, Refused),
        (204, Refused),
        (500, Unavailable),
        (503, Unavailable),
        (408, Unavailable),
    ],
)
def test_an_answer_says_whether_trying_again_helps(
    trusting: Downloader, host: Host, status: int, error: type[Exception]
) -> None:
    host.pages["/odd"] = answer(status=status)
    with pytest.raises(error, match=r"127\.0\.0\.1") as raised:
        trusting.fetch(f"{host.url}/odd?token=secret")
    assert "secret" not in str(raised.value)


def busy_once(status: int, wait: str) -> Callable[[BaseHTTPRequestHandler], None]:
    pages = iter([answer(status=status, Retry_After=wait)])
    return lambda handler: next(pages, answer(b"at last"))(handler)


@pytest.mark.parametrize("status", [429, 503])
def test_a_host_that_asks_to_wait_a_little_is_waited_for(
    trusting: Downloader, host: Host, status: int
) -> None:
    host.pages["/busy"] = busy_once(status, "1")
    began = monotonic()
    assert trusting.fetch(f"{host.url}/busy") == b"at last"
    assert monotonic() - began >= 1


def test_a_host_that_asks_for_long_says_for_how_long(trusting: Downloader, host: Host) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)
    for wait, seconds in (("70", 70), (later, 600), ("9" * 30, 3600)):
        host.pages["/busy"] = answer(status=429, Retry_After=wait)
        with pytest.raises(Throttled) as asked:
            trusting.fetch(f"{host.url}/busy")
        assert asked.value.retry_after == pytest.approx(seconds, abs=5)


def test_patience_has_an_end(trusting: Downloader, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.http.PATIENCE", 1.0)
    monkeypatch.setattr("infra.http.LEAST_WAIT", 0.05)
    host.pages["/busy"] = answer(status=429, Retry_After="0")
    with pytest.raises(Throttled):
        trusting.fetch(f"{host.url}/busy")
    assert 1 < len(host.asked) <= 20


def test_closing_wakes_whoever_waits(trusting: Downloader, host: Host) -> None:
    host.pages["/busy"] = answer(status=429, Retry_After="15")
    closer = threading.Timer(0.2, trusting.close)
    closer.start()
    with pytest.raises(Unavailable, match="closed while it waited"):
        trusting.fetch(f"{host.url}/busy")
    closer.join()


def test_a_closed_port_may_open_later() -> None:
    listener = bind("127.0.0.1", 0)
    here = address(listener)
    listener.close()
    with (
        closing(Downloader(max_bytes=10, trusted=frozenset({here}))) as downloader,
        pytest.raises(Unavailable),
    ):
        downloader.fetch(f"{here}/")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1.", "localhost", "localhost.", "LOCALHOST", "10.0.0.1", "192.168.1.1", "0.0.0.0",
     "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "0", "127.1", "0177.1", "0x7f.1",
     "2130706433", "017700000001", "0x7f000001", "[::1]", "[::]", "[fe80::1]", "[fe80::1%25lo]", "[fc00::1]",
     "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "a" * 70,
     "x" * 300 + ".com"],
)  # fmt: skip
@pytest.mark.usefixtures("never_connects")
def test_no_address_inside_is_ever_connected_to(host: str, wary: Downloader) -> None:
    with pytest.raises((Refused, Unavailable)):
        wary.fetch(f"http://{host}/")


@pytest.mark.parametrize(
    ("ip", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("64:ff9b::808:808", True),
        ("64:ff9b::a9fe:a9fe", False),
        ("2002:a9fe:a9fe::1", False),
        ("2001:0:53aa:64c::1", False),
        ("::127.0.0.1", False),
        ("::ffff:8.8.8.8", False),
        ("fec0::1", False),
    ],
)
def test_an_address_inside_another_counts(ip: str, public: bool) -> None:
    assert is_public(ip) is public


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://example.com/x", "javascript:1", "//x", "", "http://", "http:///x",
     "http://[::1", "http://example.com:99999/", "http://example.com:x/"],
)  # fmt: skip
def test_only_web_addresses_are_fetched(url: str, wary: Downloader) -> None:
    with pytest.raises(Refused, match="not a web address"):
        wary.fetch(url)


@pytest.mark.parametrize("port", [0, 22, 25, 6379, 8080])
@pytest.mark.usefixtures("never_connects")
def test_only_ports_of_web_pages_are_spoken_to(port: int, wary: Downloader) -> None:
    with pytest.raises(Refused, match="not on a port of web pages"):
        wary.fetch(f"http://example.com:{port}/")


@pytest.mark.parametrize("user", ["user:pa55@", "user@", ":pa55@"])
@pytest.mark.usefixtures("never_connects")
def test_a_url_with_credentials_is_refused_and_they_are_not_shown(user: str, wary: Downloader) -> None:
    with pytest.raises(Refused, match="user name") as refused:
        wary.fetch(f"https://{user}example.com/")
    assert "pa55" not in str(refused.value)


def test_an_origin_is_trusted_to_the_last_digit_of_its_port(host: Host) -> None:
    shorter = host.url[:-1]
    with (
        closing(Downloader(max_bytes=LIMIT, trusted=frozenset({shorter}))) as downloader,
        pytest.raises(Refused),
    ):
        downloader.fetch(f"{host.url}/ok")
    assert host.asked == []


def test_a_name_that_changes_its_mind_is_connected_to_where_it_was_checked(
    wary: Downloader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: public at the first look, loopback at the second. The first answer is the one used."""
    answers = iter(["93.184.216.34", "127.0.0.1"])
    looked_up: list[str] = []
    connected: list[str] = []

    def look_up(name: str) -> list[str]:
        looked_up.append(name)
        return [next(answers)]

    def connect(_self: socket.socket, to: tuple[str, int]) -> None:
        connected.append(to[0])
        raise ConnectionRefusedError

    resolving(monkeypatch, look_up)
    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises(Unavailable):
        wary.fetch("http://rebinding.example/photo.jpg")
    assert connected == ["93.184.216.34"]
    assert looked_up == ["rebinding.example"]


def test_a_kept_connection_is_no_way_around_the_check(
    host: Host, wary: Downloader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is public at first and kept alive; the next connection that it needs is checked anew."""
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    resolving(monkeypatch, lambda _: next(answers))
    here = ("127.0.0.1", int(host.url.rpartition(":")[2]))
    connect = socket.socket.connect
    monkeypatch.setattr(socket.socket, "connect", lambda self, _: connect(self, here))
    host.pages["/last"] = answer(b"x", Connection="close")
    assert wary.fetch("http://rebinding.example/ok")
    assert wary.fetch("http://rebinding.example/last")
    assert host.connections == 1
    assert host.headers[0]["Host"] == "rebinding.example"
    with pytest.raises(Refused, match="not a public address"):
        wary.fetch("http://rebinding.example/ok")
    assert host.connections == 1


def certificate(folder: Path, name: str) -> Path:
    """A self-signed certificate with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    kind = Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    path = folder / "tls.pem"
    path.write_bytes(key.private_bytes(*kind) + made.public_bytes(Encoding.PEM))
    return path


def test_tls_speaks_to_the_name_though_the_connection_goes_to_the_address(
    tmp_path: Path, wary: Downloader, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = certificate(tmp_path, "photos.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(known)
    wary._http.verify = str(known)
    resolving(monkeypatch, lambda _: ["93.184.216.34"])
    connect = socket.socket.connect
    with photo_host({"/ok": answer(b"safe")}, context) as host:
        here = ("127.0.0.1", int(host.url.rpartition(":")[2]))
        monkeypatch.setattr(socket.socket, "connect", lambda self, _: connect(self, here))
        assert wary.fetch("https://photos.example/ok") == b"safe"
        with pytest.raises(Unavailable, match="SSLError"):
            wary.fetch("https://other.example/ok")
    assert len(host.asked) == 1


def test_one_address_inside_spoils_them_all(wary: Downloader, monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, lambda _: ["93.184.216.34", "10.0.0.1"])
    with pytest.raises(Refused, match="not a public address"):
        wary.fetch("http://mixed.example/photo.jpg")


def test_the_next_address_is_tried_when_one_does_not_answer(
    wary: Downloader, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected: list[str] = []

    def connect(_self: socket.socket, to: tuple[str, int]) -> None:
        connected.append(to[0])
        raise ConnectionRefusedError

    resolving(monkeypatch, lambda _: [f"93.184.216.{n}" for n in range(1, 9)])
    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises(Unavailable, match=r"many\.example"):
        wary.fetch("http://many.example/photo.jpg")
    assert connected == ["93.184.216.1", "93.184.216.2", "93.184.216.3"]
