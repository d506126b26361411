"""What a registry and a repository refuse, by the code that names it; and nothing is kept of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labkit.common.errors import NetworkError, UsageError
from labkit.exchange.parties import LAKESIDE, NORTH
from labkit.exchange.xds import (
    Association,
    DocumentEntry,
    Folder,
    Registry,
    RegistryError,
    Repository,
    Submission,
    XdsError,
)
from labkit.exchange.xds.model import HAS_MEMBER
from labkit.exchange.xds.names import on_demand
from tests.exchange.xds.conftest import (
    IMAGES,
    MARIGOLD,
    OTHER,
    Domain,
    document,
    submission_set,
    uuid,
)


def full(number: int = 1, **changes: Any) -> DocumentEntry:
    """Describe a document as a repository does."""
    said = {"hash": "a" * 40, "size": 7, "repositoryUniqueId": NORTH.repository}
    return document(number, **{**said, **changes})


def one(entry: DocumentEntry, number: int = 1, **changes: Any) -> Submission:
    made = submission_set(number, patientId=entry.patientId, **changes)
    return Submission.of(made, (entry,))


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    registry = Registry(tmp_path)
    registry.admit(MARIGOLD, OTHER)
    return registry


def refused(registry: Registry, submission: Submission) -> tuple[str, ...]:
    before = registry.store.count()
    with pytest.raises(XdsError) as caught:
        registry.register(submission)
    assert registry.store.count() == before
    assert caught.value.remedy
    return tuple(dict.fromkeys(caught.value.codes))


METADATA = "XDSRegistryMetadataError"
ENTRIES: dict[str, dict[str, Any]] = {
    "no hash": {"hash": ""},
    "hash that is none": {"hash": "xyz"},
    "no size": {"size": None},
    "no repository": {"repositoryUniqueId": ""},
    "repository that is no OID": {"repositoryUniqueId": "north"},
    "no language": {"languageCode": ""},
    "no confidentiality": {"confidentialityCode": ()},
    "no source patient": {"sourcePatientId": ""},
    "source patient without issuer": {"sourcePatientId": "NG-100457"},
    "no creation time": {"creationTime": ""},
    "time with dashes": {"creationTime": "2026-01-15"},
    "thirteenth month": {"creationTime": "20261301"},
    "odd time": {"serviceStartTime": "202601150"},
    "stops before it starts": {"serviceStartTime": "20260115", "serviceStopTime": "20260114"},
    "long uniqueId": {"uniqueId": "2.25." + "1" * 130},
    "no media type": {"mimeType": "dicom"},
    "on-demand": {"objectType": on_demand()},
    "bad uuid": {"entryUUID": "urn:uuid:1"},
}


@pytest.mark.parametrize("case", ENTRIES)
def test_metadata_that_a_registry_refuses(registry: Registry, case: str) -> None:
    assert refused(registry, one(full(**ENTRIES[case]))) == (METADATA,)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"uniqueId": "one"}, METADATA),
        ({"sourceId": "north"}, METADATA),
        ({"submissionTime": ""}, METADATA),
        ({"patientId": OTHER}, "XDSPatientIdDoesNotMatch"),
        ({"uniqueId": "2.25.1000.1"}, "XDSRegistryDuplicateUniqueIdInMessage"),
        ({"entryUUID": "doc1"}, METADATA),
    ],
)
def test_a_set_that_a_registry_refuses(
    registry: Registry, changes: dict[str, Any], code: str
) -> None:
    entry = full()
    submission = Submission.of(replace(submission_set(), **changes), (entry,))
    assert code in refused(registry, submission)


def test_a_patient_whom_nobody_has_told_of(registry: Registry) -> None:
    stranger = LAKESIDE.patient("1001234")  # the same number as OTHER's, of another issuer
    assert refused(registry, one(full(patientId=stranger))) == ("XDSUnknownPatientId",)


def test_everything_wrong_is_said_at_once(registry: Registry) -> None:
    with pytest.raises(XdsError) as caught:
        registry.register(one(full(hash="", size=None, languageCode="")))
    assert len(caught.value.errors) == 3
    assert {error.location for error in caught.value.errors} == {"doc1"}


TIES = {
    "no member": ([], METADATA),
    "member without status": ([Association(HAS_MEMBER, "submission", "doc1")], METADATA),
    "unknown source": ([Association("RPLC", "doc9", uuid(1))], METADATA),
    "unknown target": ([Association("RPLC", "doc1", uuid(9))], "UnresolvedReferenceException"),
    "to itself": ([Association("APND", "doc1", "doc1")], METADATA),
    "another's": ([Association("XFRM", "doc1", uuid(2))], "XDSPatientIdDoesNotMatch"),
    "replaces a set": ([Association("RPLC", "doc1", uuid(3))], METADATA),
    "metadata update": ([Association("SubmitAssociation", "doc1", uuid(1))], METADATA),
}


@pytest.mark.parametrize("case", TIES)
def test_ties_that_a_registry_refuses(registry: Registry, case: str) -> None:
    other = one(full(2, entryUUID=uuid(2), patientId=OTHER), 2, entryUUID=uuid(3))
    registry.register(other)
    ties, code = TIES[case]
    submission = one(full())
    if case.startswith(("no member", "member")):
        submission = replace(submission, associations=tuple(ties))
    else:
        submission = replace(submission, associations=(*submission.associations, *ties))
    assert code in refused(registry, submission)


def test_what_is_there_is_not_registered_again(registry: Registry) -> None:
    registry.register(one(full(entryUUID=uuid(1))))
    assert refused(registry, one(full(2), 1)) == ("XDSDuplicateUniqueIdInRegistry",)
    assert refused(registry, one(full(2, entryUUID=uuid(1)), 2)) == (METADATA,)
    assert refused(registry, one(full(hash="b" * 40), 2)) == ("XDSNonIdenticalHash",)
    assert refused(registry, one(full(size=8), 2)) == ("XDSNonIdenticalSize",)
    registry.register(one(full(), 2))  # the same document may be described again
    assert registry.store.count()["DocumentEntry"] == 2


def test_a_submission_of_which_the_last_is_wrong_leaves_nothing(registry: Registry) -> None:
    registry.register(one(full(9, entryUUID=uuid(9))))
    entries = (full(1), full(2), full(9, entryUUID="doc3", hash="b" * 40))
    ties = (Association.replaces("doc1", uuid(9)),)
    submission = Submission.of(submission_set(2), entries, ties)
    assert refused(registry, submission) == ("XDSNonIdenticalHash",)
    (old,) = registry.store.entries([uuid(9)])
    assert old.availabilityStatus.endswith("Approved")


def test_what_fails_midway_is_taken_back(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("no space left on device")

    before = registry.store.count()
    with monkeypatch.context() as patched:
        patched.setattr(registry.store, "set_status", broken)
        with pytest.raises(OSError, match="no space"):
            registry.register(one(full()))
    assert registry.store.count() == before
    registry.register(one(full()))
    assert registry.store.count()["DocumentEntry"] == 1


def test_a_folder_has_documents_of_its_own_patient(registry: Registry) -> None:
    folder = Folder("2.25.3000.1", MARIGOLD, (IMAGES,), "Chest", entryUUID=uuid(5))
    registry.register(Submission.of(submission_set(), (), (), (folder,)))
    of_other = one(full(3, patientId=OTHER), 3)
    member = Association(HAS_MEMBER, uuid(5), "doc3")
    submission = replace(of_other, associations=(*of_other.associations, member))
    assert refused(registry, submission) == ("XDSPatientIdDoesNotMatch",)
    bad = replace(folder, codeList=(), entryUUID="f", uniqueId="2.25.3000.2")
    assert refused(registry, Submission.of(submission_set(4), (), (), (bad,))) == (METADATA,)


def test_a_repository_refuses_what_is_said_falsely_of_a_document(domain: Domain) -> None:
    for change in ({"hash": "a" * 40}, {"size": 3}):
        with pytest.raises(XdsError, match="XDSRepositoryMetadataError"):
            domain.provide(document(**change))
    right = hashlib.sha1(b"2.25.1000.1").hexdigest()
    domain.provide(document(hash=right.upper(), size=11, repositoryUniqueId="2.25.1"))
    assert len(domain.repository) == 1
    (found,) = domain.consumer.find_documents(MARIGOLD)
    assert found.repositoryUniqueId == NORTH.repository


def test_a_repository_keeps_one_document_under_a_name(domain: Domain) -> None:
    domain.provide(document())
    with pytest.raises(XdsError, match="XDSNonIdenticalHash"):
        domain.source.provide(submission_set(2), {document(): b"another"})
    with pytest.raises(XdsError, match="XDSPatientIdDoesNotMatch"):
        domain.provide(document(patientId=OTHER), number=3, patient=OTHER)
    with pytest.raises(XdsError, match="XDSRepositoryDuplicateUniqueIdInMessage"):
        domain.provide(document(2), document(3, uniqueId="2.25.1000.2"), number=4)
    with pytest.raises(UsageError, match="same entryUUID"):
        domain.provide(document(2), document(3, entryUUID="doc2"), number=5)


def test_what_the_registry_refuses_the_repository_does_not_keep(domain: Domain) -> None:
    with pytest.raises(XdsError, match="XDSUnknownPatientId"):
        domain.provide(
            document(patientId=LAKESIDE.patient("1001234")), patient=LAKESIDE.patient("1001234")
        )
    assert len(domain.repository) == 0
    assert list(domain.repository._files.iterdir()) == []


def test_when_the_registry_gives_no_answer_the_document_stays_and_may_come_again(
    tmp_path: Path,
) -> None:
    class Deaf:
        def __init__(self) -> None:
            self.hears = False
            self.got: list[Submission] = []

        def register(self, submission: Submission) -> tuple[RegistryError, ...]:
            if not self.hears:
                raise NetworkError("no answer")
            self.got.append(submission)
            return ()

    registry = Deaf()
    with Repository(tmp_path, NORTH.repository, registry=registry) as repository:
        provide: Callable[[], object] = lambda: repository.provide(  # noqa: E731
            one(document()), {"doc1": b"x"}
        )
        with pytest.raises(XdsError, match="XDSRegistryNotAvailable"):
            provide()
        assert len(repository) == 1
        registry.hears = True
        provide()
        assert len(repository) == 1
        assert registry.got[0].entries[0].size == 1


def test_metadata_that_is_not_kept_is_a_warning_and_slots_are_kept(domain: Domain) -> None:
    entry = document(slots=(("urn:example:acquired", ("yes", "no")),))
    domain.provide(entry)
    (found,) = domain.consumer.find_documents(MARIGOLD)
    assert found.slots == entry.slots
