"""The receiver of notices: an HTTP server of the test's own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATIENCE = 30.0  # HAPI looks for new Subscriptions every few seconds


class Listener:
    """Keeps what rings, and answers 200.

    Parameters
    ----------
    host
        The host by which the server under test reaches this process.

    Attributes
    ----------
    rung
        (method, path, body) of each call, in order.
    """

    def __init__(self, host: str) -> None:
        self.rung: list[tuple[str, str, bytes]] = []
        self.news = threading.Condition()
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def take(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                with listener.news:  # before the answer: the next may come as soon as it is out
                    listener.rung.append((self.command, self.path, body))
                    listener.news.notify_all()
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_POST = do_PUT = take  # noqa: N815

            def log_message(self, *args: object) -> None:
                pass

        # A server elsewhere needs a port that is open to it; else this machine is enough.
        bind = "127.0.0.1" if host == "127.0.0.1" else ""
        self.server = ThreadingHTTPServer((bind, 0), Handler)
        self.url = f"http://{host}:{self.server.server_port}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def wait(self, count: int) -> None:
        """Wait until so many calls have come."""
        with self.news:
            assert self.news.wait_for(lambda: len(self.rung) >= count, PATIENCE), self.rung

    def wait_for(self, path: str) -> None:
        """Wait until a path was called."""
        with self.news:
            called = lambda: any(where == path for _, where, _ in self.rung)  # noqa: E731
            assert self.news.wait_for(called, PATIENCE), self.rung

    @staticmethod
    def until(true: Callable[[], bool]) -> None:
        """Wait until something is true."""
        deadline = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < deadline, "it never was"
            time.sleep(0.05)

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
