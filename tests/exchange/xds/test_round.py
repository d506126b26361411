"""Provide, register, find, retrieve: each transaction through its message."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from labkit.common.errors import DataError, UsageError
from labkit.exchange.parties import NORTH
from labkit.exchange.soap import xml
from labkit.exchange.xds import (
    APPROVED,
    DEPRECATED,
    Association,
    Code,
    DocumentEntry,
    DocumentRequest,
    SubmissionSet,
    XdsError,
    every,
)
from labkit.exchange.xds.names import rim
from labkit.exchange.xds.query import StoredQuery
from tests.exchange.xds.conftest import (
    CHEST,
    CT,
    KOS,
    MARIGOLD,
    OTHER,
    REPORT,
    Domain,
    document,
    submission_set,
    uuid,
)


def test_a_document_comes_back_as_it_was_sent_with_all_that_was_said_of_it(domain: Domain) -> None:
    entry = document(entryUUID=uuid(1))
    domain.source.provide(submission_set(), {entry: b"\x00\x01DICM\r\n--x"})
    found = domain.consumer.find_documents(MARIGOLD)
    assert list(found) == [
        replace(
            entry,
            hash=hashlib.sha1(b"\x00\x01DICM\r\n--x").hexdigest(),
            size=11,
            repositoryUniqueId=NORTH.repository,
        )
    ]
    assert found.complete
    documents = domain.consumer.retrieve(found)
    assert [(d.uniqueId, d.mimeType, d.data) for d in documents] == [
        (entry.uniqueId, "application/dicom", b"\x00\x01DICM\r\n--x")
    ]


def test_symbolic_ids_become_uuids_everywhere(domain: Domain) -> None:
    domain.provide(document(1), document(2))
    (made,) = domain.consumer.find_submission_sets(MARIGOLD)
    everything = domain.consumer.get_submission_set_and_contents(made.entryUUID)
    entries = [each for each in everything if isinstance(each, DocumentEntry)]
    ties = [each for each in everything if isinstance(each, Association)]
    assert [each.uniqueId for each in entries] == ["2.25.1000.1", "2.25.1000.2"]
    assert {tie.targetObject for tie in ties} == {each.entryUUID for each in entries}
    assert all(each.entryUUID.startswith("urn:uuid:") for each in everything)
    assert all(tie.submissionSetStatus == "Original" for tie in ties)


def test_two_submissions_may_use_the_same_symbolic_ids(domain: Domain) -> None:
    domain.provide(document(1, entryUUID="document"))
    domain.provide(document(2, entryUUID="document"), number=2)
    assert len(domain.consumer.find_documents(MARIGOLD)) == 2
    assert domain.registry.store.count()["Association"] == 2


def test_the_messages_are_mtom_and_name_their_transactions(domain: Domain) -> None:
    domain.provide(document())
    domain.consumer.retrieve(domain.consumer.find_documents(MARIGOLD))
    assert [each.action for each in domain.seen] == [
        "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b",
        "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-bResponse",
        "urn:ihe:iti:2007:RegistryStoredQuery",
        "urn:ihe:iti:2007:RegistryStoredQueryResponse",
        "urn:ihe:iti:2007:RetrieveDocumentSet",
        "urn:ihe:iti:2007:RetrieveDocumentSetResponse",
    ]
    kinds = [each.content_type.partition(";")[0] for each in domain.seen]
    mtom, simple = ["multipart/related"] * 2, ["application/soap+xml"] * 2
    assert kinds == [*mtom, *simple, *mtom]
    assert b"\r\n\r\n2.25.1000.1\r\n" in domain.seen[0].data


def test_the_parts_of_an_object_are_in_the_order_of_the_schema(domain: Domain) -> None:
    domain.provide(document())
    domain.consumer.find_documents(MARIGOLD)
    element = next(xml.parse(domain.seen[-1].data).iter(rim("ExtrinsicObject")))
    names = [child.tag.removeprefix(rim("")) for child in element]
    order = ["Slot", "Name", "Description", "Classification", "ExternalIdentifier"]
    assert names == sorted(names, key=order.index)


@pytest.fixture
def three(domain: Domain) -> Domain:
    """Three documents: of two studies, one a report of a year before."""
    domain.provide(
        document(1),
        document(2, eventCodeList=(CT,), creationTime="20260116"),
        document(
            3,
            classCode=REPORT,
            formatCode=REPORT,
            creationTime="20250301",
            serviceStartTime="",
            author=(),
            referenceIdList=(),
            eventCodeList=(),
            title="",
            comments="",
        ),
    )
    return domain


QUERIES = [
    ({}, "123"),
    ({"formatCode": KOS}, "12"),
    ({"formatCode": [KOS, REPORT]}, "123"),
    ({"classCode": REPORT}, "3"),
    ({"eventCodeList": CT}, "12"),
    ({"eventCodeList": Code("CT", "1.2.3")}, ""),
    ({"eventCodeList": [CT, CHEST]}, "12"),
    ({"eventCodeList": every(CT, CHEST)}, "1"),
    ({"creationTimeFrom": "2026"}, "12"),
    ({"creationTimeFrom": "20260115080000", "creationTimeTo": "20260116"}, "1"),
    ({"creationTimeTo": "20260115080000"}, "3"),
    ({"serviceStartTimeTo": "2027"}, "12"),
    ({"authorPerson": "%Moreau%"}, "12"),
    ({"authorPerson": "^Moreau^Gr_ce%"}, "12"),
    ({"authorPerson": "Moreau"}, ""),
    ({"authorPerson": "[^M]%"}, ""),
    ({"status": DEPRECATED}, ""),
    ({"status": [APPROVED, DEPRECATED]}, "123"),
    ({"type": "urn:uuid:34268e47-fdf5-41a6-ba33-82133c465248"}, ""),
]


@pytest.mark.parametrize(("parameters", "expected"), QUERIES)
def test_find_documents(three: Domain, parameters: dict[str, object], expected: str) -> None:
    found = three.consumer.find_documents(MARIGOLD, **parameters)  # type: ignore[arg-type]
    assert "".join(each.uniqueId[-1] for each in found) == expected


def test_find_by_reference_and_by_set(three: Domain) -> None:
    accession = "2001^^^&2.25.17&ISO^urn:ihe:iti:xds:2013:accession"
    ask = three.consumer.find_documents_by_reference_id
    assert len(ask(MARIGOLD, accession)) == 2
    assert len(ask(MARIGOLD, "other", accession)) == 2
    assert len(ask(MARIGOLD, "2001")) == 0
    sets = three.consumer.find_submission_sets
    assert len(sets(MARIGOLD, sourceId=NORTH.source, submissionTimeFrom="2026")) == 1
    assert len(sets(MARIGOLD, authorPerson="%Nobody%")) == 0
    assert len(sets(MARIGOLD, contentType=REPORT)) == 1
    assert len(sets(OTHER)) == 0


def test_get_by_id_in_each_way(three: Domain) -> None:
    ask = three.consumer
    first, second, _ = ask.find_documents(MARIGOLD)
    assert list(ask.get_documents([first.entryUUID, second.entryUUID])) == [first, second]
    assert list(ask.get_documents(unique_ids=[first.uniqueId])) == [first]
    assert list(ask.get_documents([uuid(404)])) == []
    (made,) = ask.find_submission_sets(MARIGOLD)
    ties = ask.get_associations([first.entryUUID])
    assert [(tie.sourceObject, tie.targetObject) for tie in ties] == [
        (made.entryUUID, first.entryUUID)
    ]
    both = ask.get_documents_and_associations([first.entryUUID])
    assert list(both) == [first, *ties]
    sets = ask.get_submission_sets([first.entryUUID])
    assert [each for each in sets if isinstance(each, SubmissionSet)] == [made]
    found = ask.references(StoredQuery("GetDocuments", {"$XDSDocumentEntryUniqueId": (("x",),)}))
    assert list(found) == []


def test_object_refs_are_uuids_only(three: Domain) -> None:
    found = three.consumer.references(
        StoredQuery(
            "FindDocuments",
            {
                "$XDSDocumentEntryPatientId": ((MARIGOLD.cx,),),
                "$XDSDocumentEntryStatus": ((APPROVED,),),
            },
        )
    )
    wanted = [(each.entryUUID, "") for each in three.consumer.find_documents(MARIGOLD)]
    assert list(found) == wanted


@pytest.mark.parametrize("kind", ["RPLC", "XFRM_RPLC"])
def test_what_replaces_deprecates_what_it_replaces_and_what_hung_on_it(
    domain: Domain, kind: str
) -> None:
    domain.provide(document(1, entryUUID=uuid(1)))
    addendum = document(2, entryUUID=uuid(2))
    domain.provide(addendum, number=2, associations=[Association("APND", uuid(2), uuid(1))])
    signature = document(3, entryUUID=uuid(3))
    domain.provide(signature, number=3, associations=[Association("signs", uuid(3), uuid(1))])
    new = document(4, entryUUID=uuid(4))
    domain.provide(new, number=4, associations=[Association(kind, uuid(4), uuid(1))])
    ask = domain.consumer.find_documents
    assert [e.entryUUID for e in ask(MARIGOLD)] == [uuid(3), uuid(4)]
    assert [e.entryUUID for e in ask(MARIGOLD, status=DEPRECATED)] == [uuid(1), uuid(2)]
    related = domain.consumer.get_related_documents(uuid(1), kind)
    assert [each.entryUUID for each in related][:2] == [uuid(1), uuid(4)]
    assert domain.consumer.get_related_documents(uuid(2), "XFRM") == []


def test_of_what_is_deprecated_nothing_new_is_made(domain: Domain) -> None:
    domain.provide(document(1, entryUUID=uuid(1)))
    domain.provide(
        document(2, entryUUID=uuid(2)),
        number=2,
        associations=[Association.replaces(uuid(2), uuid(1))],
    )
    for kind in ("RPLC", "APND", "XFRM"):
        with pytest.raises(XdsError) as caught:
            domain.provide(document(3), number=3, associations=[Association(kind, "doc3", uuid(1))])
        assert caught.value.codes == ("XDSRegistryDeprecatedDocumentError",)
    assert len(domain.repository) == 2


def test_what_a_repository_lacks_is_an_error_each_and_the_rest_comes(domain: Domain) -> None:
    domain.provide(document())
    (entry,) = domain.consumer.find_documents(MARIGOLD)
    missing = DocumentRequest(NORTH.repository, "2.25.404")
    found = domain.consumer.retrieve([entry, missing])
    assert [each.uniqueId for each in found] == [entry.uniqueId]
    assert [error.code for error in found.errors] == ["XDSDocumentUniqueIdError"]
    assert not found.complete
    with pytest.raises(XdsError) as caught:
        domain.consumer.retrieve([missing])
    assert caught.value.codes == ("XDSDocumentUniqueIdError",)
    domain.consumer.repositories["2.25.9"] = "http://repository/"
    with pytest.raises(XdsError, match="XDSUnknownRepositoryId"):
        domain.consumer.retrieve([DocumentRequest("2.25.9", entry.uniqueId)])
    with pytest.raises(UsageError, match="No address is known"):
        domain.consumer.retrieve([DocumentRequest("2.25.8", entry.uniqueId)])


def test_a_document_that_changed_on_the_disk_is_not_given(domain: Domain) -> None:
    domain.provide(document())
    (entry,) = domain.consumer.find_documents(MARIGOLD)
    (file,) = domain.repository._files.iterdir()
    file.write_bytes(b"other")
    with pytest.raises(XdsError, match="XDSRepositoryError"):
        domain.consumer.retrieve([entry])


def test_a_document_that_is_not_what_its_entry_says_is_refused(domain: Domain) -> None:
    domain.provide(document())
    (entry,) = domain.consumer.find_documents(MARIGOLD)
    with pytest.raises(DataError, match="its entry says"):
        domain.consumer.retrieve([replace(entry, hash="0" * 40)])
