"""Folders: documents of several submissions that belong together."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from labkit.exchange.xds import Association, DocumentEntry, Folder
from labkit.exchange.xds.definitions import F
from labkit.exchange.xds.model import HAS_MEMBER
from labkit.exchange.xds.query import StoredQuery
from tests.exchange.xds.conftest import (
    IMAGES,
    MARIGOLD,
    REPORT,
    Domain,
    Make,
    document,
    submission_set,
    uuid,
)

FOLDER = Folder("2.25.3000.1", MARIGOLD, (IMAGES, REPORT), "Chest", entryUUID=uuid(5))


@pytest.fixture
def filled(make_domain: Make) -> Domain:
    """A folder with a document, and a second one put into it a minute later."""
    now = iter(datetime(2026, 1, 15, 8, minute, tzinfo=timezone.utc) for minute in range(60))
    domain = make_domain(clock=lambda: next(now))
    first = document(1, entryUUID=uuid(1))
    domain.source.provide(
        submission_set(1, entryUUID=uuid(11)),
        {first: b"1"},
        [Association(HAS_MEMBER, uuid(5), uuid(1))],
        [FOLDER],
    )
    second = document(2, entryUUID=uuid(2))
    domain.provide(second, number=2, associations=[Association(HAS_MEMBER, uuid(5), uuid(2))])
    return domain


def inside(domain: Domain) -> list[str]:
    asked = StoredQuery("GetFolderAndContents", {f"{F}EntryUUID": ((uuid(5),),)})
    found = domain.consumer.query(asked)
    return [each.entryUUID for each in found if isinstance(each, DocumentEntry)]


def test_a_folder_is_found_with_its_documents(filled: Domain) -> None:
    find = filled.consumer.find_folders
    (folder,) = find(MARIGOLD, codeList=IMAGES)
    assert (folder.uniqueId, folder.title, folder.codeList) == (
        FOLDER.uniqueId,
        "Chest",
        FOLDER.codeList,
    )
    assert inside(filled) == [uuid(1), uuid(2)]
    asked = StoredQuery("GetFoldersForDocument", {"$XDSDocumentEntryEntryUUID": ((uuid(2),),)})
    assert list(filled.consumer.query(asked)) == [folder]
    asked = StoredQuery("GetFolders", {f"{F}UniqueId": ((FOLDER.uniqueId,),)})
    assert list(filled.consumer.query(asked)) == [folder]


def test_the_registry_says_when_a_folder_changed(filled: Domain) -> None:
    find = filled.consumer.find_folders
    assert [each.lastUpdateTime for each in find(MARIGOLD)] == ["20260115080100"]
    assert len(find(MARIGOLD, lastUpdateTimeFrom="202601150801")) == 1
    assert len(find(MARIGOLD, lastUpdateTimeTo="202601150801")) == 0


def test_who_put_a_document_into_a_folder_is_on_record(filled: Domain) -> None:
    found = filled.consumer.get_submission_set_and_contents(uuid(11))
    ties = [each for each in found if isinstance(each, Association)]
    (member,) = [tie for tie in ties if tie.sourceObject == uuid(5)]
    assert (uuid(11), member.entryUUID) in {(t.sourceObject, t.targetObject) for t in ties}


@pytest.mark.parametrize("kind", ["RPLC", "XFRM_RPLC"])
def test_what_replaces_a_document_takes_its_place_in_the_folder(filled: Domain, kind: str) -> None:
    new = document(3, entryUUID=uuid(3))
    filled.provide(new, number=3, associations=[Association(kind, uuid(3), uuid(1))])
    assert inside(filled) == [uuid(1), uuid(2), uuid(3)]  # the old one stays a member, deprecated
    (folder,) = filled.consumer.find_folders(MARIGOLD)
    assert folder.lastUpdateTime == "20260115080200"
    ties = filled.consumer.get_associations([uuid(3)])
    (member,) = [tie for tie in ties if tie.sourceObject == uuid(5)]
    (made,) = filled.consumer.find_submission_sets(MARIGOLD, submissionTimeFrom="2026")[2:]
    of_member = filled.registry.store.associations(targets=[member.entryUUID])
    assert [tie.sourceObject for tie in of_member] == [made.entryUUID]
