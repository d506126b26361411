"""Where changes come from: a FHIR server by its history, an archive by what it lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from labkit.common.errors import DataError
from labkit.exchange.tracking.facts import TYPES, facts_of
from labkit.exchange.tracking.model import Facts, Version
from labkit.fhir.outcome import FhirError

if TYPE_CHECKING:
    from labkit.fhir import FhirClient


_EVER = "1970-01-01T00:00:00Z"


class Listing(Protocol):
    """Lists the studies of an archive, and asks for one: `QidoListing`, `FindListing`."""

    def studies(self) -> dict[str, Facts]:
        """Return every study, by its UID.

        Raises
        ------
        LabkitError
            The archive did not answer, or not in full: nothing may be concluded.
        """
        ...

    def study(self, uid: str) -> Facts | None:
        """Return one study; ``None`` if the archive says that it has none of this UID."""
        ...

    def notes(self, uid: str) -> tuple[str, ...]:
        """Return the SOP Instance UIDs of the rejection notes of a study (IHE IOCM)."""
        ...


class ArchiveSource:
    """An archive that is asked for what it has.

    An archive has no versions: what is counted is each difference between two looks. A change that
    is undone before the next look is not seen.

    Parameters
    ----------
    name
        As it is called in events: ``"ARCHIVE"``.
    listing
        Asks it.
    """

    def __init__(self, name: str, listing: Listing) -> None:
        self.name, self._listing = name, listing

    def look(self, known: Mapping[str, Facts]) -> dict[str, Facts | None]:
        """Return the studies that are other than `known`, those that are gone as ``None``.

        Raises
        ------
        LabkitError
            The archive did not answer: of an archive that is silent nothing is known.
        """
        there = self._listing.studies()
        found: dict[str, Facts | None] = {}
        for uid, facts in there.items():
            before = known.get(uid)
            notes = list((before or {}).get("notes", ()))
            if before is None or {**before, "notes": []} != {**facts, "notes": []}:
                if "KO" in facts["modalities"]:
                    notes = sorted({*notes, *self._listing.notes(uid)})
                found[uid] = {**facts, "notes": notes}
        for uid in known.keys() - there.keys():
            # A list that grows while its pages are read can skip one: absence is asked about twice.
            if self._listing.study(uid) is None:
                found[uid] = None
        return found

    def __repr__(self) -> str:
        return f"ArchiveSource({self.name})"


class FhirSource:
    """A FHIR server with histories (R4 http, history).

    Parameters
    ----------
    name
        As it is called in events: ``"FHIR"``.
    client
        Makes a client; asked each time, since a token ends.
    types
        What is followed, some of `TYPES`.
    """

    def __init__(
        self, name: str, client: Callable[[], FhirClient], types: Iterable[str] = TYPES
    ) -> None:
        self.name, self.client, self.types = name, client, tuple(types)
        unknown = set(self.types) - set(TYPES)
        if unknown:
            raise DataError(
                f"{', '.join(sorted(unknown))} is not followed.",
                remedy=f"Follow some of {', '.join(TYPES)}.",
            )

    def history(self, type_: str, id_: str) -> list[Version]:
        """Return every version of a resource, oldest first; none of one that was never there."""
        try:
            return self._versions(f"{type_}/{id_}", {})
        except FhirError as error:
            if error.status == 404:
                return []
            raise

    def since(self, type_: str, moment: str) -> list[Version]:
        """Return what was written of a type at or after a moment, oldest first.

        Deletions and versions that are no longer the current one are among them: a search with
        ``_lastUpdated`` would show neither (R4 http, history; R4 search, _lastUpdated).

        Parameters
        ----------
        moment
            A FHIR instant of the server's clock; ``""``: everything.
        """
        return self._versions(type_, {"_since": moment} if moment else {})

    def _versions(self, path: str, parameters: dict[str, str]) -> list[Version]:
        # HAPI FHIR keeps the count of a history that has no _since, and cuts the next answer to it.
        asked = {"_count": "100", "_since": _EVER, **parameters}
        with self.client() as fhir:
            entries = list(fhir.history(path, **asked))
        return [version for version in map(_version, reversed(entries)) if version is not None]

    def __repr__(self) -> str:
        return f"FhirSource({self.name})"


def _version(entry: Mapping[str, Any]) -> Version | None:
    """Read an entry of a history; one that does not say which version it is cannot be counted."""
    resource = entry.get("resource")
    request, response = entry.get("request") or {}, entry.get("response") or {}
    if request.get("method") == "DELETE":
        resource = None
    if isinstance(resource, Mapping):
        meta = resource.get("meta") or {}
        type_, id_ = str(resource.get("resourceType", "")), str(resource.get("id", ""))
        version, at = str(meta.get("versionId", "")), str(meta.get("lastUpdated", ""))
    else:
        # Where a deletion says which one it is: ETag, or the URL of the version, by the server.
        url = str(request.get("url") or "")
        path = url.partition("?")[0].split("/_history/")
        parts = (path[0] or str(entry.get("fullUrl", ""))).rstrip("/").split("/")
        type_, id_ = (parts[-2], parts[-1]) if len(parts) > 1 else ("", "")
        etag = str(response.get("etag", "")).removeprefix("W/").strip('"')
        version = etag or (path[1] if len(path) > 1 else "")
        at = str(response.get("lastModified", ""))
    if not (type_ in TYPES and id_ and version):
        raise DataError(
            "A history has an entry without type, id or version.",
            remedy="Look at [base]/[type]/_history of this server; it cannot be followed so.",
        )
    facts = facts_of(resource) if isinstance(resource, Mapping) else None
    return Version(type_, id_, version, at, facts)
