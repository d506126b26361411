"""Where mapped studies go: one Bundle, a resource a line, or a FHIR server."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from typing import Any, Protocol, TextIO

from labkit.fhir.mapping import MappedStudy

Resource = dict[str, Any]


class Output(Protocol):
    """Takes one mapped study after the other.

    Attributes
    ----------
    count
        Resources written so far.
    problems
        What could not be written as it was, in words.
    """

    count: int
    problems: list[str]

    def write(self, study: MappedStudy) -> None:
        """Take one study."""
        ...

    def close(self) -> None:
        """Write what ends the output."""
        ...


class _Once:
    """Passes a resource on the first time only: two studies of a patient have one Patient."""

    def __init__(self) -> None:
        self.count = 0
        self.problems: list[str] = []
        self._seen: dict[str, bytes] = {}

    def new(self, entries: Iterable[Resource]) -> list[Resource]:
        """Return the Bundle entries whose resource has not come before."""
        fresh = []
        for entry in entries:
            resource = entry["resource"]
            name = f"{resource['resourceType']}/{resource.get('id', '')}"
            text = json.dumps(resource, sort_keys=True, ensure_ascii=False)
            digest = hashlib.sha256(text.encode()).digest()[:16]
            before = self._seen.setdefault(name, digest)
            if name.endswith("/") or before is digest:
                fresh.append(entry)
                self.count += 1
            elif before != digest:
                self.problems.append(f"{name} differs between two studies: the first is kept")
        return fresh


class BundleOutput(_Once):
    """One Bundle, written entry by entry, so that its length is no matter.

    Parameters
    ----------
    kind
        ``"collection"`` or ``"transaction"`` (R4 bundle).
    """

    def __init__(self, file: TextIO, kind: str = "collection") -> None:
        super().__init__()
        self.kind = kind
        self._file = file
        self._begun = False

    def write(self, study: MappedStudy) -> None:
        """Write the entries of one study."""
        for entry in self.new(study.bundle(self.kind)["entry"]):
            self._file.write(",\n" if self._begun else self._head() + ',\n"entry": [\n')
            self._file.write(json.dumps(entry, ensure_ascii=False, indent=1))
            self._begun = True

    def close(self) -> None:
        """Close the Bundle. FHIR has no empty arrays: without an entry there is none."""
        self._file.write("\n]\n}\n" if self._begun else self._head() + "\n}\n")

    def _head(self) -> str:
        """Begin the Bundle: not before there is something, or it is certain that nothing comes."""
        return f'{{\n"resourceType": "Bundle",\n"type": "{self.kind}"'


class NdjsonOutput(_Once):
    """One resource a line, as FHIR's bulk data have it (application/fhir+ndjson).

    Parameters
    ----------
    before
        The lines that an earlier run has written: what is in them is not written again.
    """

    def __init__(self, file: TextIO, before: Iterable[str] = ()) -> None:
        super().__init__()
        self._file = file
        for line in before:
            self.new([{"resource": json.loads(line)}])
        self.count = 0

    def end(self) -> int:
        """Have all of it on the disk, and return how many bytes the file has."""
        self._file.flush()
        os.fsync(self._file.fileno())
        return os.fstat(self._file.fileno()).st_size

    def write(self, study: MappedStudy) -> None:
        """Write the resources of one study."""
        for entry in self.new(study.bundle("collection")["entry"]):
            self._file.write(json.dumps(entry["resource"], ensure_ascii=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Do nothing: a line is complete in itself."""


class ServerOutput:
    """Sends each study as one transaction to a FHIR server (R4 http.html#transaction).

    Parameters
    ----------
    client
        Something that posts a Bundle to the service base, as `labkit.fhir.FhirClient` does.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self.count = 0
        self.problems: list[str] = []

    def write(self, study: MappedStudy) -> None:
        """Send one study; what the server refuses is a problem and the next one goes on.

        Raises
        ------
        NetworkError
            The server does not answer: the next study would fare no better.
        """
        bundle = study.bundle("transaction")
        answer = self._client.transaction(bundle)
        self.count += len(answer.get("entry", []))

    def close(self) -> None:
        """Give the connection back."""
        self._client.close()
