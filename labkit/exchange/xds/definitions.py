"""The stored queries that are answered, and their parameters (ITI TF-2 3.18.4.1.2.3.7).

A parameter has one value (``ONE``), or alternatives (``MANY``), or groups of alternatives which are
all to be met (``ALL``: the Slot may be there several times). ``TIME`` is a bound in DTM.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

ONE: Final = "one"
MANY: Final = "many"
ALL: Final = "all"
TIME: Final = "time"

E: Final = "$XDSDocumentEntry"
S: Final = "$XDSSubmissionSet"
F: Final = "$XDSFolder"


@dataclass(frozen=True)
class Definition:
    """A stored query's parameters.

    Attributes
    ----------
    parameters
        Kind by name.
    needed
        Those that must be there.
    one_of
        Two, of which exactly one must be there.
    """

    parameters: Mapping[str, str]
    needed: tuple[str, ...] = ()
    one_of: tuple[str, str] | None = None


def _times(prefix: str, *names: str) -> dict[str, str]:
    return {f"{prefix}{name}Time{end}": TIME for name in names for end in ("From", "To")}


_FIND_DOCUMENTS = {
    f"{E}PatientId": ONE,
    f"{E}ClassCode": MANY,
    f"{E}TypeCode": MANY,
    f"{E}PracticeSettingCode": MANY,
    **_times(E, "Creation", "ServiceStart", "ServiceStop"),
    f"{E}HealthcareFacilityTypeCode": MANY,
    f"{E}EventCodeList": ALL,
    f"{E}ConfidentialityCode": ALL,
    f"{E}AuthorPerson": MANY,
    f"{E}FormatCode": MANY,
    f"{E}Status": MANY,
    f"{E}Type": MANY,
}
_CONTENTS = {f"{E}FormatCode": MANY, f"{E}ConfidentialityCode": ALL, f"{E}Type": MANY}


def _by_id(prefix: str, kind: str, **more: str) -> Definition:
    names = (f"{prefix}EntryUUID", f"{prefix}UniqueId")
    return Definition({**dict.fromkeys(names, kind), **more}, one_of=names)


DEFINITIONS: Final[Mapping[str, Definition]] = {
    "FindDocuments": Definition(_FIND_DOCUMENTS, (f"{E}PatientId", f"{E}Status")),
    "FindDocumentsByReferenceId": Definition(
        {**_FIND_DOCUMENTS, f"{E}ReferenceIdList": ALL},
        (f"{E}PatientId", f"{E}Status", f"{E}ReferenceIdList"),
    ),
    "FindSubmissionSets": Definition(
        {
            f"{S}PatientId": ONE,
            f"{S}SourceId": MANY,
            **_times(S, "Submission"),
            f"{S}AuthorPerson": ONE,
            f"{S}ContentType": MANY,
            f"{S}Status": MANY,
        },
        (f"{S}PatientId", f"{S}Status"),
    ),
    "FindFolders": Definition(
        {
            f"{F}PatientId": ONE,
            **_times(F, "LastUpdate"),
            f"{F}CodeList": ALL,
            f"{F}Status": MANY,
        },
        (f"{F}PatientId", f"{F}Status"),
    ),
    "GetDocuments": _by_id(E, MANY),
    "GetFolders": _by_id(F, MANY),
    "GetAssociations": Definition({"$uuid": MANY}, ("$uuid",)),
    "GetDocumentsAndAssociations": _by_id(E, MANY),
    "GetSubmissionSets": Definition({"$uuid": MANY}, ("$uuid",)),
    "GetSubmissionSetAndContents": _by_id(S, ONE, **_CONTENTS),
    "GetFolderAndContents": _by_id(F, ONE, **_CONTENTS),
    "GetFoldersForDocument": _by_id(E, ONE),
    "GetRelatedDocuments": Definition(
        {
            f"{E}EntryUUID": ONE,
            f"{E}UniqueId": ONE,
            "$AssociationTypes": MANY,
            f"{E}Type": MANY,
        },
        ("$AssociationTypes",),
        (f"{E}EntryUUID", f"{E}UniqueId"),
    ),
}


def kind_of(query: str, parameter: str) -> str:
    """Return the kind of a parameter of a query; alternatives where it is not known."""
    definition = DEFINITIONS.get(query)
    return definition.parameters.get(parameter, MANY) if definition else MANY
