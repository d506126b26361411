"""An object that a PACS cannot send says nothing of the others of that PACS."""

import pytest

from tests.contract.pacs.cases import small, uid
from tests.dicomweb.proxy.conftest import WHOLE, StartFacade, StartStub

KEYS = {
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SOPInstanceUID",
    "QueryRetrieveLevel",
    "PatientID",
}


@pytest.mark.parametrize("tells_classes", [True, False])
def test_the_next_one_is_asked_for_by_c_get_again(
    stub: StartStub, facade: StartFacade, tells_classes: bool
) -> None:
    behind = stub()
    behind.objects = [small(1), small(2)]
    behind.returns = KEYS | ({"SOPClassUID"} if tells_classes else set())  # dcmqrscp: not
    front = facade(behind, known=False)  # and its C-MOVE does not know us
    behind.send = 0
    assert front.web.get(f"/studies/{uid(1)}", headers=WHOLE).status_code == 502
    behind.send = None
    for study in (1, 2):
        answer = front.web.get(f"/studies/{uid(study)}", headers=WHOLE)
        assert answer.status_code == 200, answer.text
        assert "C-MOVE" not in " ".join(front.services())
