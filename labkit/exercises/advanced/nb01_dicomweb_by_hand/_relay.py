"""The lab's DICOMweb service at another address: a check hears what is asked, and may answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests

_HOP = frozenset(("transfer-encoding", "connection", "content-length", "content-encoding", "host"))
MOST = 200
"""Requests that one call may make; a loop without an end is ended by 503s after that."""


@dataclass(frozen=True)
class Asked:
    """A request: method, path and query below the base URL, headers by lower-case name, body."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def query(self) -> list[tuple[str, str]]:
        """Names and values of the query string, decoded."""
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)

    def having(self, **values: str) -> Asked:
        """The same request with other values of some parameters of the query."""
        pairs = [(name, value) for name, value in self.query if name not in values]
        path = urlsplit(self.target).path
        query = urlencode([*pairs, *values.items()], safe="*,")
        return replace(self, target=f"{path}?{query}")


@dataclass(frozen=True)
class Answer:
    """What goes back."""

    status: int
    headers: dict[str, str]
    body: bytes


Forward = Callable[[Asked], Answer]


@dataclass
class Relay:
    """What a running relay is: its base URL, and the requests that came."""

    url: str
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def relay(target: str, answer: Callable[[Asked, Forward], Answer] | None = None) -> Iterator[Relay]:
    """Stand in front of a service while the block runs.

    Parameters
    ----------
    target
        Its base URL.
    answer
        Gives the answer to a request; it may ask the service with the function that it gets.
    """

    def forward(asked: Asked) -> Answer:
        headers = {"Accept-Encoding": "identity"} | {
            name: value for name, value in asked.headers.items()
            if name not in (*_HOP, "accept-encoding")
        }  # fmt: skip
        got = requests.request(
            asked.method, target + asked.target, headers=headers, data=asked.body, timeout=30
        )
        kept = {name: value for name, value in got.headers.items() if name.lower() not in _HOP}
        return Answer(got.status_code, kept, got.content)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _act(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, self.rfile.read(size))
            running.asked.append(asked)
            if len(running.asked) > MOST:
                made = Answer(503, {}, b"")
            else:
                made = answer(asked, forward) if answer else forward(asked)
            self.send_response(made.status)
            for name, value in made.headers.items():
                self.send_header(name, value)
            if made.status not in (204, 304):
                self.send_header("Content-Length", str(len(made.body)))
            self.end_headers()
            if made.status not in (204, 304) and self.command != "HEAD":
                self.wfile.write(made.body)

        do_GET = do_POST = do_HEAD = _act  # noqa: N815

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    running = Relay(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
