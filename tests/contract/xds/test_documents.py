"""ITI-41 (RAD-68), 42, 18 and 43 with IPF on the other side, as client and as service.

Every message is held to OASIS's and IHE's schemas and to IPF's validators: ``problem`` is what
they have against it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from labkit.common import ALLOW_ALL
from labkit.exchange.parties import LAKESIDE
from labkit.exchange.xds import (
    Association,
    Code,
    DocumentConsumer,
    DocumentSource,
    Folder,
    Registry,
    RegistryClient,
    Repository,
    registry_operations,
    repository_operations,
)
from tests.contract.xds import exchange as given
from tests.contract.xds.exchange import MARIGOLD, STRANGER, serve, sha256
from tests.contract.xds.peer_process import Ipf

pytestmark = pytest.mark.peers
Answer = dict[str, Any]


@dataclass(frozen=True)
class Ours:
    """Lakeside's registry and repository, on ports of their own."""

    registry: str
    repository: str


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[Ours]:
    with ExitStack() as stack:
        registry = stack.enter_context(Registry(tmp_path / "registry"))
        registry.admit(MARIGOLD)
        at = serve(stack, registry_operations(registry, ALLOW_ALL, "REGISTRY"))
        repository = stack.enter_context(
            Repository(tmp_path / "repository", LAKESIDE.repository, registry=registry)
        )
        yield Ours(at, serve(stack, repository_operations(repository, ALLOW_ALL, "REPOSITORY")))


@pytest.fixture
def provide(ipf: Ipf, ours: Ours, tmp_path: Path) -> Callable[..., Answer]:
    """Have IPF provide a manifest to our repository (ITI-41, which RAD-68 is)."""

    def make(number: int = 1, associations: object = (), **other: Any) -> Answer:
        path = tmp_path / f"{number}.dcm"
        path.write_bytes(given.manifest(number)[1])
        return ipf.ask(
            "ITI-41",
            url=ours.repository,
            submissionSet=given.submission(number, patientId=other.get("patientId", MARIGOLD.cx)),
            documents=[{"entry": given.said(number, **other), "path": str(path)}],
            associations=associations,
        )

    return make


@pytest.fixture
def query(ipf: Ipf, ours: Ours) -> Callable[..., Answer]:
    """Have IPF ask our registry (ITI-18); what it answers must be right by IPF's rules."""

    def ask(name: str, **how: Any) -> Answer:
        more = {"status": ["Approved"], "patientId": MARIGOLD.cx} if "Find" in name else {}
        answer = ipf.ask("ITI-18", url=ours.registry, query=name, **{**more, **how})
        assert "failed" not in answer and answer["problem"] is None, answer
        return answer

    return ask


def went_well(answer: Answer) -> bool:
    assert "failed" not in answer and answer["problem"] is None, answer
    assert answer["errors"] == [], answer
    return bool(answer["status"] == given.SUCCESS)


def test_ipf_provides_a_manifest_finds_it_and_has_it_back_byte_for_byte(
    ipf: Ipf, ours: Ours, provide: Callable[..., Answer], query: Callable[..., Answer]
) -> None:
    assert went_well(provide())
    (entry,) = query("FindDocuments", formatCode=[given.KOS])["entries"]
    uid, file = given.manifest()
    assert (entry["uniqueId"], entry["patientId"]) == (uid, MARIGOLD.cx)
    assert entry["repositoryUniqueId"] == LAKESIDE.repository
    assert entry["size"] == len(file) and entry["availabilityStatus"] == given.APPROVED
    wanted = [{"repository": LAKESIDE.repository, "uid": uid}]
    answer = ipf.ask("ITI-43", url=ours.repository, documents=wanted)
    assert went_well(answer)
    assert [one["sha256"] for one in answer["documents"]] == [sha256(file)]
    assert answer["documents"][0]["mimeType"] == "application/dicom"


def test_what_was_said_of_a_manifest_is_found_as_it_was_said(
    provide: Callable[..., Answer], query: Callable[..., Answer]
) -> None:
    provide()
    (entry,) = query("FindDocuments")["entries"]
    said = given.said()
    for name in ("formatCode", "typeCode", "classCode", "title", "mimeType", "sourcePatientId",
                 "eventCodeList", "confidentialityCode", "referenceIdList"):  # fmt: skip
        assert entry[name] == said[name], name


def test_the_registry_gives_uuids_and_hashes(
    provide: Callable[..., Answer], query: Callable[..., Answer]
) -> None:
    provide(entryUUID="document01")
    (entry,) = query("FindDocuments")["entries"]
    assert entry["entryUUID"].startswith("urn:uuid:") and len(entry["hash"]) == 40


def test_stored_queries_by_parameter_by_reference_and_by_id(
    provide: Callable[..., Answer], query: Callable[..., Answer]
) -> None:
    provide()
    (entry,) = query("FindDocuments")["entries"]
    other = [["1.2.3", "Other", "2.25.4"]]
    assert query("FindDocuments", formatCode=other)["entries"] == []
    assert query("FindDocuments", serviceStartTimeFrom="2025")["entries"] == []
    assert query("FindDocuments", serviceStartTimeFrom="2024")["entries"] == [entry]
    by_accession = query("FindDocumentsByReferenceId", referenceId=given.ACCESSION)
    assert by_accession["entries"] == [entry]
    assert query("FindDocumentsByReferenceId", referenceId="0^^^&2.25.4&ISO")["entries"] == []
    assert query("GetDocuments", ids=[entry["entryUUID"]])["entries"] == [entry]
    by_unique_id = query("GetDocuments", ids=[entry["uniqueId"]], by="uniqueId")
    assert by_unique_id["entries"] == [entry]
    references = query("FindDocuments", refs=True)
    assert [one["id"] for one in references["references"]] == [entry["entryUUID"]]
    assert references["entries"] == []


def test_a_submission_is_found_with_what_was_in_it(
    provide: Callable[..., Answer], query: Callable[..., Answer]
) -> None:
    provide()
    (made,) = query("FindSubmissionSets")["submissionSets"]
    assert made["uniqueId"] == given.submission()["uniqueId"]
    whole = query("GetSubmissionSetAndContents", ids=[made["entryUUID"]])
    (entry,), (tie,) = whole["entries"], whole["associations"]
    assert tie["type"].endswith("HasMember")
    assert (tie["source"], tie["target"]) == (made["entryUUID"], entry["entryUUID"])
    assert query("GetAssociations", ids=[entry["entryUUID"]])["associations"] == [tie]


def test_a_manifest_is_replaced(
    provide: Callable[..., Answer], query: Callable[..., Answer]
) -> None:
    provide()
    old = query("FindDocuments")["entries"][0]["entryUUID"]
    new = given.said(2)["entryUUID"]
    answer = provide(2, associations=[{"type": given.RPLC, "source": new, "target": old}])
    assert went_well(answer)
    current = query("FindDocuments")["entries"]
    assert [one["uniqueId"] for one in current] == [given.manifest(2)[0]]
    (gone,) = query("FindDocuments", status=["Deprecated"])["entries"]
    assert (gone["entryUUID"], gone["availabilityStatus"]) == (old, given.DEPRECATED)
    related = query("GetRelatedDocuments", ids=[old])
    assert {one["entryUUID"] for one in related["entries"]} == {old, current[0]["entryUUID"]}


def test_folders(ours: Ours, query: Callable[..., Answer]) -> None:
    """A folder with a manifest in it, found in each way."""
    image = Code("R", "2.25.2026102.9", "Example")
    folder = Folder("2.25.2026997", MARIGOLD, (image,), "Chest", entryUUID="folder")
    tie = Association("HasMember", "folder", "document1")
    with DocumentSource(ours.repository) as source:
        source.provide(
            given.submission_set(), {given.entry(): given.manifest(1)[1]}, [tie], [folder]
        )
    (found,) = query("FindFolders")["folders"]
    assert (found["uniqueId"], found["title"]) == ("2.25.2026997", "Chest")
    (entry,) = query("FindDocuments")["entries"]
    assert query("GetFolders", ids=[found["entryUUID"]])["folders"] == [found]
    assert query("GetFoldersForDocument", ids=[entry["entryUUID"]])["folders"] == [found]
    whole = query("GetFolderAndContents", ids=[found["entryUUID"]])
    assert (whole["folders"], whole["entries"]) == ([found], [entry])
    assert [(one["source"], one["target"]) for one in whole["associations"]] == [
        (found["entryUUID"], entry["entryUUID"])
    ]
    assert query("FindFolders", patientId=STRANGER.cx)["folders"] == []


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"patientId": STRANGER.cx}, "XDSUnknownPatientId"),
        ({"repositoryUniqueId": None, "hash": "0" * 40}, "XDSRepositoryMetadataError"),
    ],
    ids=["a patient whom nobody knows", "a hash of another document"],
)
def test_a_submission_that_is_wrong_is_refused_whole_and_says_why(
    provide: Callable[..., Answer],
    query: Callable[..., Answer],
    other: dict[str, Any],
    code: str,
) -> None:
    answer = provide(**other)
    assert "failed" not in answer and answer["problem"] is None, answer
    assert answer["status"] == given.FAILURE
    assert code in {error["errorCode"] for error in answer["errors"]}
    assert query("FindDocuments")["entries"] == []
    assert query("FindSubmissionSets")["submissionSets"] == []


def test_the_same_uid_with_other_bytes_is_refused(
    ipf: Ipf, ours: Ours, provide: Callable[..., Answer]
) -> None:
    provide()
    answer = provide(2, uniqueId=given.manifest(1)[0])
    assert answer["status"] == given.FAILURE
    codes = {error["errorCode"] for error in answer["errors"]}
    assert codes == {"XDSNonIdenticalHash"}
    wanted = [{"repository": LAKESIDE.repository, "uid": given.manifest(1)[0]}]
    back = ipf.ask("ITI-43", url=ours.repository, documents=wanted)["documents"]
    assert [one["sha256"] for one in back] == [sha256(given.manifest(1)[1])]


def test_a_document_that_is_not_there_is_an_error_beside_those_that_are(
    ipf: Ipf, ours: Ours, provide: Callable[..., Answer]
) -> None:
    provide()
    wanted = [{"repository": LAKESIDE.repository, "uid": uid}
              for uid in (given.manifest()[0], "2.25.17")]  # fmt: skip
    answer = ipf.ask("ITI-43", url=ours.repository, documents=wanted)
    assert answer["problem"] is None and answer["status"] == given.PARTIAL
    assert len(answer["documents"]) == 1
    assert [error["errorCode"] for error in answer["errors"]] == ["XDSDocumentUniqueIdError"]
    wanted = [{"repository": "2.25.17", "uid": given.manifest()[0]}]
    elsewhere = ipf.ask("ITI-43", url=ours.repository, documents=wanted)
    assert elsewhere["status"] == given.FAILURE and elsewhere["documents"] == []
    assert [error["errorCode"] for error in elsewhere["errors"]] == ["XDSUnknownRepositoryId"]


def test_our_source_provides_to_ipf_and_our_consumer_finds_it_there(ipf: Ipf) -> None:
    ipf.received()
    uid, file = given.manifest(3)
    entry = given.entry(3)
    with DocumentSource(ipf.urls["ITI-41"]) as source:
        source.provide(given.submission_set(3), {entry: file})
    (seen,) = ipf.received()
    assert (seen["transaction"], seen["problem"]) == ("ITI-41", None)
    assert seen["documents"] == {uid: sha256(file)}
    places = {Ipf.repository: ipf.urls["ITI-43"]}
    with DocumentConsumer(ipf.urls["ITI-18"], places) as consumer:
        kos = Code(given.KOS[0], given.KOS[2])
        found = [one for one in consumer.find_documents(MARIGOLD, formatCode=kos)
                 if one.uniqueId == uid]  # fmt: skip
        assert len(found) == 1 and found[0].typeCode == entry.typeCode
        assert found[0].eventCodeList == entry.eventCodeList
        assert found[0].referenceIdList == entry.referenceIdList
        (document,) = consumer.retrieve(found)
    assert document.data == file
    assert [one["problem"] for one in ipf.received()] == [None, None]


def test_our_repository_registers_at_ipf_s_registry(ipf: Ipf, tmp_path: Path) -> None:
    ipf.received()
    uid, file = given.manifest(4)
    entry = given.entry(4)
    with ExitStack() as stack:
        registry = stack.enter_context(RegistryClient(ipf.urls["ITI-42"]))
        repository = stack.enter_context(
            Repository(tmp_path, LAKESIDE.repository, registry=registry)
        )
        at = serve(stack, repository_operations(repository, ALLOW_ALL, "REPOSITORY"))
        source = stack.enter_context(DocumentSource(at))
        source.provide(given.submission_set(4), {entry: file})
    assert [(one["transaction"], one["problem"]) for one in ipf.received()] == [("ITI-42", None)]
    with DocumentConsumer(ipf.urls["ITI-18"]) as consumer:
        (found,) = consumer.get_documents(unique_ids=[uid])
    assert found.size == len(file) and found.repositoryUniqueId == LAKESIDE.repository
