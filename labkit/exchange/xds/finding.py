"""What a stored query finds in a registry (ITI TF-2 3.18.4.1.2.3.7, 3.18.4.1.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from labkit.exchange.parties import PatientId
from labkit.exchange.xds.definitions import DEFINITIONS, E, F, S
from labkit.exchange.xds.matching import Filter
from labkit.exchange.xds.model import (
    HAS_MEMBER,
    Association,
    DocumentEntry,
    Folder,
    RegistryObject,
    SubmissionSet,
)
from labkit.exchange.xds.names import table
from labkit.exchange.xds.problems import refuse
from labkit.exchange.xds.query import LEAF_CLASS, StoredQuery
from labkit.exchange.xds.store import RegistryStore

MOST_RESULTS = 5000
"""Objects that one answer has at most."""
Allowed = Callable[[PatientId, RegistryObject], bool]


def find(
    store: RegistryStore,
    query: StoredQuery,
    *,
    allowed: Allowed | None = None,
    home: str = "",
    most: int = MOST_RESULTS,
) -> list[RegistryObject]:
    """Return what a query finds.

    Parameters
    ----------
    allowed
        Asked of each object with its patient: what may not be seen is as if it were not there,
        and so are its associations.
    home
        homeCommunityId that the objects carry.

    Raises
    ------
    XdsError
        The query is not offered, its parameters are not as they must be, or it finds too much.
    """
    check(query)
    found = _QUERIES[query.name](_Search(store, query, allowed))
    if len(found) > most:
        raise refuse(
            "XDSTooManyResults", f"{len(found)} objects were found, {most} are given at most"
        )
    patients = {each.patientId for each in found if not isinstance(each, Association)}
    if query.returns == LEAF_CLASS and len(patients) > 1:
        # A query by identifiers must not put two patients' metadata into one answer
        # (ITI TF-2 3.18.4.1.3, XDSResultNotSinglePatient).
        raise refuse("XDSResultNotSinglePatient", "what was asked for is of several patients")
    return [replace(each, homeCommunityId=each.homeCommunityId or home) for each in found]


def check(query: StoredQuery) -> None:
    """Check a query's parameters; those that it does not have are ignored (ebRS 3.0, 6.3.2.1).

    Raises
    ------
    XdsError
        XDSUnknownStoredQuery, XDSStoredQueryMissingParam or XDSStoredQueryParamNumber.
    """
    definition = DEFINITIONS.get(query.name)
    if definition is None:
        raise refuse("XDSUnknownStoredQuery", f"{query.name} is not offered here")
    for name in definition.needed:
        if not query.all(name):
            raise refuse("XDSStoredQueryMissingParam", f"{query.name} needs {name}")
    if definition.one_of:
        there = [name for name in definition.one_of if query.all(name)]
        if not there:
            names = " or ".join(definition.one_of)
            raise refuse("XDSStoredQueryMissingParam", f"{query.name} needs {names}")
        if len(there) > 1:
            names = " and ".join(there)
            raise refuse("XDSStoredQueryParamNumber", f"{query.name} takes one of {names}")


class _Search:
    """One query at work."""

    def __init__(self, store: RegistryStore, query: StoredQuery, allowed: Allowed | None) -> None:
        self.store, self.query, self._allowed = store, query, allowed
        known = DEFINITIONS[query.name].parameters
        kept = {name: groups for name, groups in query.parameters.items() if name in known}
        self.filter = Filter(replace(query, parameters=kept))

    def seen(self, found: Iterable[RegistryObject]) -> list[RegistryObject]:
        """Leave out what may not be seen; each object once."""
        kept: dict[str, RegistryObject] = {}
        for each in found:
            if isinstance(each, Association) or (
                self._allowed is None or self._allowed(each.patientId, each)
            ):
                kept.setdefault(each.entryUUID, each)
        return list(kept.values())

    def ids(self, prefix: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the entryUUIDs and the uniqueIds that are asked for."""
        return self.query.any(f"{prefix}EntryUUID"), self.query.any(f"{prefix}UniqueId")

    def one(self, prefix: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the same, of a query that asks for one object."""
        self.query.one(f"{prefix}EntryUUID")
        self.query.one(f"{prefix}UniqueId")
        return self.ids(prefix)

    def patient(self, prefix: str) -> str:
        return self.query.one(f"{prefix}PatientId")

    def ties(self, found: list[RegistryObject], *, both: bool) -> list[RegistryObject]:
        """Return associations of what was found, whose ends may be seen.

        Parameters
        ----------
        both
            Whether both ends must be among it; else one.
        """
        here = {each.entryUUID for each in found}
        made = self.store.associations(sources=here, targets=here)
        if both:
            return [tie for tie in made if tie.sourceObject in here and tie.targetObject in here]
        ends = {end for tie in made for end in (tie.sourceObject, tie.targetObject)} - here
        shown = here | {each.entryUUID for each in self.seen(self.store.objects(ends))}
        # A tie may have another tie as its end (a set's member), which is no secret of its own.
        shown |= {tie.entryUUID for tie in self.store.associations(uuids=ends)}
        return [tie for tie in made if tie.sourceObject in shown and tie.targetObject in shown]


def _find_documents(search: _Search) -> list[RegistryObject]:
    statuses = search.query.any(f"{E}Status")
    found = search.store.of_patient(DocumentEntry, search.patient(E), statuses)
    return search.seen(
        each for each in found if isinstance(each, DocumentEntry) and search.filter.entry(each)
    )


def _find_sets(search: _Search) -> list[RegistryObject]:
    found = search.store.of_patient(
        SubmissionSet, search.patient(S), search.query.any(f"{S}Status")
    )
    return search.seen(
        each
        for each in found
        if isinstance(each, SubmissionSet) and search.filter.submission_set(each)
    )


def _find_folders(search: _Search) -> list[RegistryObject]:
    found = search.store.of_patient(Folder, search.patient(F), search.query.any(f"{F}Status"))
    return search.seen(
        each for each in found if isinstance(each, Folder) and search.filter.folder(each)
    )


def _get_documents(search: _Search) -> list[RegistryObject]:
    return search.seen(search.store.entries(*search.ids(E)))


def _get_folders(search: _Search) -> list[RegistryObject]:
    return search.seen(search.store.folders(*search.ids(F)))


def _get_documents_and_associations(search: _Search) -> list[RegistryObject]:
    found = _get_documents(search)
    return [*found, *search.ties(found, both=False)]


def _get_associations(search: _Search) -> list[RegistryObject]:
    found = search.seen(search.store.objects(search.query.any("$uuid")))
    return search.ties(found, both=False)


def _get_sets(search: _Search) -> list[RegistryObject]:
    """Sets that the objects of these UUIDs are members of, with the ties."""
    members = {
        each.entryUUID for each in search.seen(search.store.objects(search.query.any("$uuid")))
    }
    ties = [tie for tie in search.store.associations(targets=members) if tie.type == HAS_MEMBER]
    sets = search.seen(search.store.sets({tie.sourceObject for tie in ties}))
    shown = {each.entryUUID for each in sets}
    return [*sets, *(tie for tie in ties if tie.sourceObject in shown)]


def _get_set_and_contents(search: _Search) -> list[RegistryObject]:
    return _contents(search, search.seen(search.store.sets(*search.one(S))))


def _get_folder_and_contents(search: _Search) -> list[RegistryObject]:
    return _contents(search, search.seen(search.store.folders(*search.one(F))))


def _contents(search: _Search, packages: list[RegistryObject]) -> list[RegistryObject]:
    """A package, its documents and folders as far as asked for, and the ties between them."""
    here = {each.entryUUID for each in packages}
    members = {
        tie.targetObject
        for tie in search.store.associations(sources=here)
        if tie.type == HAS_MEMBER
    }
    inside = [
        each
        for each in search.store.objects(members)
        if not isinstance(each, DocumentEntry) or search.filter.entry(each)
    ]
    found = search.seen([*packages, *inside])
    ties = search.ties(found, both=True)
    made = {tie.entryUUID for tie in ties}
    of_ties = [tie for tie in search.store.associations(sources=here) if tie.targetObject in made]
    return [*found, *ties, *of_ties]


def _get_folders_for_document(search: _Search) -> list[RegistryObject]:
    here = {each.entryUUID for each in search.seen(search.store.entries(*search.one(E)))}
    ties = search.store.associations(targets=here)
    return search.seen(search.store.folders({tie.sourceObject for tie in ties}))


def _get_related_documents(search: _Search) -> list[RegistryObject]:
    names = {urn: name for name, urn in table()["associations"].items()}
    wanted = {names[each] for each in search.query.any("$AssociationTypes") if each in names}
    here = search.seen(search.store.entries(*search.one(E)))
    mine = {each.entryUUID for each in here}
    ties = [
        tie for tie in search.store.associations(sources=mine, targets=mine) if tie.type in wanted
    ]
    ends = {end for tie in ties for end in (tie.sourceObject, tie.targetObject)} - mine
    others = [each for each in search.store.entries(ends) if search.filter.entry(each)]
    found = search.seen([*here, *others])
    shown = {each.entryUUID for each in found}
    kept = [tie for tie in ties if {tie.sourceObject, tie.targetObject} <= shown]
    # Without a relation there is nothing to answer, not even the document itself.
    return [*found, *kept] if kept else []


_QUERIES: dict[str, Callable[[_Search], list[RegistryObject]]] = {
    "FindDocuments": _find_documents,
    "FindDocumentsByReferenceId": _find_documents,
    "FindSubmissionSets": _find_sets,
    "FindFolders": _find_folders,
    "GetDocuments": _get_documents,
    "GetFolders": _get_folders,
    "GetAssociations": _get_associations,
    "GetDocumentsAndAssociations": _get_documents_and_associations,
    "GetSubmissionSets": _get_sets,
    "GetSubmissionSetAndContents": _get_set_and_contents,
    "GetFolderAndContents": _get_folder_and_contents,
    "GetFoldersForDocument": _get_folders_for_document,
    "GetRelatedDocuments": _get_related_documents,
}
