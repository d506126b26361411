"""Resources that a check makes for itself on the lab's server, and takes away again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from labkit.exercises import Work
from labkit.fhir import FhirClient, FhirError

NORTH = "https://north-general.example/patient-id"
LAKE = "https://lakeside-clinic.example/patient-id"
Resource = dict[str, Any]


class Scratch:
    """A client whose resources are deleted at the end; `name` is in no other of them."""

    def __init__(self, client: FhirClient) -> None:
        self.client = client
        self.name = uuid4().hex
        self._made: set[str] = set()

    def create(self, resource: Resource) -> Resource:
        """Create; returns what is stored."""
        stored = self.client.create(resource)
        self._made.add(f"{stored['resourceType']}/{stored['id']}")
        return stored

    def found(self, kind: str, **parameters: str) -> list[Resource]:
        """Search; what is found is taken away at the end, too."""
        found = list(self.client.search(kind, **parameters))
        self._made.update(f"{kind}/{resource['id']}" for resource in found)
        return found

    def clear(self) -> None:
        """Delete what was made or found, the youngest first."""
        for reference in sorted(self._made, reverse=True):
            try:
                self.client.delete(reference)
            except FhirError as error:
                if error.status not in (404, 410):
                    raise


@contextmanager
def scratch(work: Work) -> Iterator[Scratch]:
    """Give a `Scratch` on the learner's lab, and clear it."""
    with work.lab.fhir.client() as client:
        mine = Scratch(client)
        try:
            yield mine
        finally:
            mine.clear()
