"""STOW-RS through the façade: the status of each C-STORE, and what is kept."""

import threading
import time
from pathlib import Path
from typing import Any

from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

from tests.contract.pacs.cases import small, uid
from tests.dicomweb.proxy.conftest import WHOLE, StartFacade, StartPacs, StartStub, stow

AT = f"/studies/{uid(9)}/series/{uid(9, 1)}/instances/{uid(9, 1, 1)}"


def test_what_is_stored_is_at_the_pacs_and_in_the_cache(
    pacs: StartPacs, facade: StartFacade
) -> None:
    behind = pacs()
    front = facade(behind)
    assert stow(front, small(9)).status_code == 200
    steps = front.traces[-1]["steps"]
    assert [s["status"] for s in steps if s["service"] == "C-STORE"] == ["0000"]
    assert behind.archive.objects.path(uid(9, 1, 1)).exists()
    assert front.web.get(AT, headers=WHOLE).status_code == 200
    assert front.traces[-1]["cache"] == "hit"


def test_each_object_has_its_status(pacs: StartPacs, facade: StartFacade) -> None:
    behind = pacs(accepted_transfer_syntaxes=frozenset({"1.2.840.10008.1.2.1"}))
    behind.hold(small(9))
    front = facade(behind)
    compressed = Path(str(get_testdata_file("JPEG2000.dcm"))).read_bytes()
    other = small(9, PatientName="Another^Object")
    answer = stow(front, small(8), compressed, other, b"no DICOM at all")
    assert answer.status_code == 202
    said = Dataset.from_json(answer.json())
    assert [i.ReferencedSOPInstanceUID for i in said.ReferencedSOPSequence] == [uid(8, 1, 1)]
    failed = {i.ReferencedSOPInstanceUID: i.FailureReason for i in said.FailedSOPSequence}
    assert failed[dcmread(get_testdata_file("JPEG2000.dcm")).SOPInstanceUID] == 0x0122
    assert failed[uid(9, 1, 1)] == 0x0111
    assert "Duplicate" in answer.headers["warning"]


def test_what_the_pacs_may_have_discarded_is_not_cached(
    stub: StartStub, facade: StartFacade
) -> None:
    """Orthanc answers 0000 to another object of a UID that it knows, and keeps the first."""
    behind = stub()
    behind.objects = [small(9)]
    behind._store = lambda event: 0x0000  # type: ignore[method-assign]
    behind.kill()
    behind.start()
    front = facade(behind)
    front.web.get(AT, headers=WHOLE)
    assert stow(front, small(9, PatientName="Another^Object")).status_code == 200
    body = front.web.get(AT, headers=WHOLE).content
    assert front.traces[-1]["cache"] == "miss" and b"Another" not in body


def test_a_pacs_that_cannot_be_reached_is_502(stub: StartStub, facade: StartFacade) -> None:
    behind = stub()
    front = facade(behind)
    behind.kill()
    assert stow(front, small(9)).status_code == 502


def test_objects_go_to_a_pacs_one_after_the_other(stub: StartStub, facade: StartFacade) -> None:
    """Processes of dcmqrscp that store at once may take the same file name, and lose an object."""
    behind = stub()
    counting, now, most = threading.Lock(), 0, 0

    def stored(event: Any) -> int:
        nonlocal now, most
        with counting:
            now, most = now + 1, max(most, now + 1)
        time.sleep(0.02)
        with counting:
            now -= 1
        return 0x0000

    behind._store = stored  # type: ignore[method-assign]
    behind.kill()
    behind.start()
    assert stow(facade(behind), *(small(number) for number in range(1, 9))).status_code == 200
    assert most == 1
