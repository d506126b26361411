"""A PACS that decompresses nothing, and whose searches do not tell what class an object is of."""

from __future__ import annotations

from io import BytesIO

import pytest
from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian, RLELossless

from labkit.dicom import sample
from labkit.dicomweb.multipart import parts
from labkit.dicomweb.proxy.errand import PLAIN, storage_contexts
from tests.contract.pacs.cases import small, uid
from tests.dicomweb.proxy.conftest import WHOLE, StartFacade, StartStub
from tests.dicomweb.proxy.test_one_bad_object import KEYS

(BONES,) = sample("nm-bone").datasets()


@pytest.mark.parametrize("tells_classes", [True, False])
def test_what_is_compressed_comes_as_it_is(
    stub: StartStub, facade: StartFacade, tells_classes: bool
) -> None:
    behind = stub()
    behind.objects = [small(1), BONES]
    for ds in behind.objects:
        ds.StudyInstanceUID = uid(1)
    behind.returns = KEYS | ({"SOPClassUID"} if tells_classes else set())
    front = facade(behind)
    answer = front.web.get(f"/studies/{uid(1)}", headers=WHOLE)
    assert answer.status_code == 200, answer.text
    boundary = answer.headers["content-type"].partition("boundary=")[2].strip('"')
    came = [dcmread(BytesIO(data)) for _, data in parts(boundary, [answer.content])]
    assert {ds.SOPInstanceUID: ds.file_meta.TransferSyntaxUID for ds in came} == {
        small(1).SOPInstanceUID: ExplicitVRLittleEndian,
        BONES.SOPInstanceUID: RLELossless,
    }
    assert "C-MOVE" not in " ".join(front.services())


def test_it_is_asked_anew_only_for_what_it_failed_to_send(
    stub: StartStub, facade: StartFacade
) -> None:
    behind = stub()
    behind.objects = [small(1)]
    behind.returns = KEYS
    front = facade(behind)
    assert front.web.get(f"/studies/{uid(1)}", headers=WHOLE).status_code == 200
    assert front.services().count("C-GET SERIES") + front.services().count("C-GET IMAGE") == 1


def test_what_is_proposed() -> None:
    first, second = storage_contexts([])
    assert len(first) <= 127 and len(second) <= 127  # PS3.8 9.3.2.2, and that of the C-GET itself
    assert {syntaxes for _, syntaxes in first} == {PLAIN}
    assert all(len(syntaxes) == 1 for _, syntaxes in second)
    assert len(set(second)) == len(second)
    (known,) = storage_contexts([str(BONES.SOPClassUID)])
    assert {uid for uid, _ in known} == {BONES.SOPClassUID}
