"""An S3 server to learn with: moto, in this process, on loopback.

moto (Apache-2.0) stands in for a real store so that a learner needs no account. It is made for
tests: it keeps all in memory, asks nobody for a password, and knows no lifecycle. It is not a
product, and nothing that is seen with it says how a provider behaves. `tests/exchange/cloud` has
a contract that a real endpoint can be held against.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from labkit.common.serving import HOST
from labkit.exchange.cloud.line import Line
from labkit.exchange.cloud.store import SMALLEST_PART, Credentials, ObjectStore


class LocalStore(ObjectStore):
    """A store in this process, at the end of a line that can be cut.

    Attributes
    ----------
    line
        ``store.line.cut(after=3_000_000)``, ``store.line.mend()``.
    """

    def __init__(self, line: Line, bucket: str) -> None:
        super().__init__(
            f"http://{HOST}:{line.port}",
            bucket,
            Credentials("learner", "learner"),
            part_size=SMALLEST_PART,
            attempts=1,
        )
        self.line = line


@contextmanager
def local_store(bucket: str = "") -> Iterator[LocalStore]:
    """Run moto's S3 server and give a store in it; all is gone afterwards.

    Parameters
    ----------
    bucket
        Its bucket. moto keeps what a process has in one place, so by default each has its own name.
    """
    from moto.moto_server.werkzeug_app import (
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import make_server

    class Quiet(MotoRequestHandler):  # type: ignore[misc]
        def log(self, *_: object) -> None:
            """Keep a line a request out of the notebook."""

    app = DomainDispatcherApplication(create_backend_app)
    server = make_server(HOST, 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, name="cloud-store", daemon=True)
    thread.start()
    try:
        line = Line(server.server_port)
        store = LocalStore(line, bucket or f"tier-{secrets.token_hex(6)}")
        store.make_bucket()
        try:
            yield store
        finally:
            line.mend()
            for name in store.unfinished():
                store.abort(name)
            for each in store.objects():
                store.delete(each.name)
            store.close()
            line.close()
    finally:
        server.shutdown()
        thread.join(timeout=5)
        server.server_close()
