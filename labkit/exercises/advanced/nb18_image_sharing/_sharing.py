"""What the notebook's cells leave behind, and servers and portals for the checks."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, cast

from labkit.common import ALLOW_ALL
from labkit.common.serving import HttpService
from labkit.exercises import Work
from labkit.fhir import FhirClient, FhirStore, fhir_app

GIVEN = """
    import requests

    base = lab.fhir.url
    ORDERS = "https://north-general.example/order-number"

    def version_of(entry):
        resource = entry.get("resource")
        if resource:
            meta = resource["meta"]
            return resource["id"], meta["versionId"], meta["lastUpdated"]
        url = entry["request"]["url"].split("/_history/")
        version = entry["response"].get("etag", "").strip('W/"') or url[-1]
        return url[0].split("/")[-1], version, entry["response"].get("lastModified", "")
"""

SECURE = """
    from datetime import datetime, timezone
    from pathlib import Path
    from tempfile import mkdtemp
    import requests
    from labkit.access.audit import AuditTrail, audit_key
    from labkit.exchange.portal import Portal

    base = lab.fhir.url
    folder = Path(mkdtemp())
    trail = AuditTrail(folder / "trail", clock=lambda: datetime.now(timezone.utc),
                       key=audit_key(folder / "key"))
    sites = {"North General": lab.dicomweb.url, "Lakeside Clinic": lab.proxy.url}
    portal = Portal(lab.fhir.url, sites, trail)
    portal.start()

    def hers():
        return lab.auth.token("portal", scope="patient/*.rs launch/patient",
                              patient="thistlewick", user="thistlewick")
"""


def secure(work: Work) -> Any:
    """Return the lab as the secure one that it is here."""
    return cast("Any", work.lab)


class Slow:
    """A clock of its own: an hour and more behind, and standing still unless told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 15, 8, 0, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        return self.now

    def tick(self) -> None:
        """Let a second pass."""
        self.now += timedelta(seconds=1)


@contextmanager
def server() -> Iterator[tuple[FhirClient, str, Slow]]:
    """Run a small FHIR server; gives a client, its base URL and its clock."""
    with tempfile.TemporaryDirectory() as folder:
        clock, http = Slow(), HttpService("exercise")
        store = FhirStore(Path(folder) / "fhir.sqlite", clock=clock)
        url = f"http://127.0.0.1:{http.bind()}"
        http.start(fhir_app(store, ALLOW_ALL, base_url=url))
        try:
            with FhirClient(url) as client:
                yield client, url, clock
        finally:
            http.stop()
            store.close()


def refs(value: Any) -> Any:
    """Take any collection for a set; anything else as it is."""
    return set(value) if isinstance(value, (set, frozenset, list, tuple)) else value
