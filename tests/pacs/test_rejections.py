"""Rejected objects: out of sight, still on the disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom import Dataset

from labkit.dicom.rejection import rejection_note
from labkit.dimse import find, get, identifier, store
from labkit.pacs import Archive
from labkit.pacs.rejections import rejection_of
from tests.pacs.conftest import Running


def images(running: Running, study: str) -> int:
    asked = identifier("STUDY", StudyInstanceUID=study, NumberOfStudyRelatedInstances=None)
    return sum(int(match.NumberOfStudyRelatedInstances) for match in find(running.peer, asked))


def objects(running: Running, study: str) -> list[Dataset]:
    stored = running.archive.stored()
    return [o.dataset() for o in stored if o.entry.study_instance_uid == study]


def test_rejected_images_are_neither_found_nor_sent(node: Running) -> None:
    bad = [ds for ds in objects(node, "1.2.1") if ds.SOPInstanceUID == "1.2.1.1.2"]
    files = len(list(node.archive.objects.files()))
    sent = store(node.peer, [rejection_note(bad, "quality")])
    assert len(sent.stored) == 1
    asked = identifier("IMAGE", StudyInstanceUID="1.2.1", SeriesInstanceUID="1.2.1.1",
                       SOPInstanceUID=None)  # fmt: skip
    assert [m.SOPInstanceUID for m in find(node.peer, asked)] == ["1.2.1.1.1"]
    assert images(node, "1.2.1") == 3  # two images, and the note
    got = get(node.peer, identifier("STUDY", StudyInstanceUID="1.2.1"))
    assert "1.2.1.1.2" not in {ds.SOPInstanceUID for ds in got.datasets}
    assert len(list(node.archive.objects.files())) == files + 1
    assert node.logged("note rejects 1 object")


def test_a_study_that_is_rejected_whole_is_gone_with_its_note(node: Running) -> None:
    store(node.peer, [rejection_note(objects(node, "1.2.2"), "retention expired")])
    assert find(node.peer, identifier("STUDY", StudyInstanceUID="1.2.2")).status == 0
    assert images(node, "1.2.2") == 0


def test_sending_it_again_does_not_bring_it_back(node: Running) -> None:
    rejected = objects(node, "1.2.2")
    store(node.peer, [rejection_note(rejected, "patient safety")])
    again = store(node.peer, rejected)
    assert len(again.stored) == 1
    assert images(node, "1.2.2") == 1  # the note
    assert node.logged("C-STORE rejected", "1.2.2.1.1")


def test_a_note_may_come_first(node: Running) -> None:
    rejected = objects(node, "1.2.3")
    node.archive.remove("1.2.3.1.1")
    store(node.peer, [rejection_note(rejected, "wrong worklist entry")])
    store(node.peer, rejected)
    assert images(node, "1.2.3") == 1


def test_rejections_outlive_a_restart_and_a_new_index(node: Running, tmp_path: Path) -> None:
    (bad,) = objects(node, "1.2.2")
    before = tmp_path / "before"
    node.archive.snapshot(before)
    store(node.peer, [rejection_note([bad], "quality")])
    node.archive.rebuild()
    assert node.archive.get(bad.SOPInstanceUID) is None
    again = Archive(tmp_path / "again")
    again.restore(before)
    assert again.get(bad.SOPInstanceUID) is not None
    again.close()


def test_key_images_of_another_kind_reject_nothing(node: Running) -> None:
    note = rejection_note(objects(node, "1.2.2"), "quality")
    note.ConceptNameCodeSequence[0].CodeValue = "113000"  # Of Interest
    assert rejection_of(note) is None
    store(node.peer, [note])
    assert images(node, "1.2.2") == 2


@pytest.mark.parametrize("keyword", ["ConceptNameCodeSequence",
                                     "CurrentRequestedProcedureEvidenceSequence"])  # fmt: skip
def test_a_broken_note_is_kept_and_rejects_nothing(node: Running, keyword: str) -> None:
    note = rejection_note(objects(node, "1.2.2"), "quality")
    del note[keyword]
    assert len(store(node.peer, [note]).stored) == 1
    assert node.archive.get("1.2.2.1.1") is not None
