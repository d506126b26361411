"""Who may register, find and retrieve: a policy decides, and what it refuses is not there."""

from __future__ import annotations

import pytest

from labkit.common.access import DENY_ALL, AccessRequest, Decision
from labkit.exchange.parties import NORTH
from labkit.exchange.soap import SoapFault
from labkit.exchange.xds import Association, DocumentRequest, Submission, XdsError
from tests.exchange.xds.conftest import MARIGOLD, OTHER, Make, document, submission_set, uuid


class Policy:
    """Lets everything pass, but what is about one patient."""

    def __init__(self) -> None:
        self.asked: list[AccessRequest] = []

    def decide(self, request: AccessRequest) -> Decision:
        self.asked.append(request)
        return Decision(request.resource.get("PatientID") != OTHER.value, "so it is tested")


def test_without_a_policy_nothing_is_done(make_domain: Make) -> None:
    domain = make_domain(DENY_ALL)
    with pytest.raises(SoapFault, match="no access policy"):
        domain.provide(document())
    with pytest.raises(SoapFault, match="no access policy"):
        domain.consumer.find_documents(MARIGOLD)
    with pytest.raises(SoapFault, match="no access policy"):
        domain.consumer.retrieve([DocumentRequest(NORTH.repository, "1")])


def test_the_policy_is_asked_with_the_patient_and_hides_what_it_refuses(make_domain: Make) -> None:
    policy = Policy()
    domain = make_domain(policy)
    hidden = document(2, patientId=OTHER, entryUUID=uuid(2), hash="", size=None)
    with pytest.raises(SoapFault, match="ITI-41 is refused"):
        domain.provide(hidden, number=2, patient=OTHER)
    domain.provide(document(1, entryUUID=uuid(1)))
    domain.repository.provide(
        Submission.of(submission_set(2, patientId=OTHER), (hidden,)), {uuid(2): b"secret"}
    )
    assert policy.asked[1] == AccessRequest(
        "anonymous",
        "ITI-41",
        "REPOSITORY",
        {"PatientID": MARIGOLD.value, "IssuerOfPatientID": NORTH.authority},
    )
    with pytest.raises(SoapFault, match="ITI-18 is refused"):
        domain.consumer.find_documents(OTHER)
    # Nor by its UUID, nor by its associations, nor at the repository: as if it were not there.
    assert [e.entryUUID for e in domain.consumer.get_documents([uuid(1), uuid(2)])] == [uuid(1)]
    assert domain.consumer.get_associations([uuid(2)]) == []
    assert domain.consumer.get_documents_and_associations([uuid(2)]) == []
    assert domain.consumer.get_submission_sets([uuid(2)]) == []
    assert domain.consumer.get_submission_set_and_contents(unique_id="2.25.2000.2") == []
    with pytest.raises(XdsError) as caught:
        domain.consumer.retrieve([DocumentRequest(NORTH.repository, hidden.uniqueId)])
    assert caught.value.codes == ("XDSDocumentUniqueIdError",)


def test_a_registry_behind_gateways_says_its_community(make_domain: Make) -> None:
    domain = make_domain(home=NORTH.home)
    domain.provide(document())
    (entry,) = domain.consumer.find_documents(MARIGOLD)
    assert entry.homeCommunityId == NORTH.home
    (document_,) = domain.consumer.retrieve([entry])
    assert document_.request.homeCommunityId == NORTH.home


class OneStudy:
    """Refuses what is about one study."""

    def decide(self, request: AccessRequest) -> Decision:
        return Decision(request.resource.get("StudyInstanceUID") != "1.2", "so it is tested")


def test_a_tie_to_a_document_that_may_not_be_seen_is_not_seen_either(make_domain: Make) -> None:
    domain = make_domain(OneStudy())
    study = "%s^^^^urn:ihe:iti:xds:2016:studyInstanceUID"
    domain.provide(document(1, entryUUID=uuid(1), referenceIdList=(study % "1.1",)))
    hidden = document(2, entryUUID=uuid(2), referenceIdList=(study % "1.2",))
    domain.provide(hidden, number=2, associations=[Association("APND", uuid(2), uuid(1))])
    assert [e.entryUUID for e in domain.consumer.find_documents(MARIGOLD)] == [uuid(1)]
    ties = domain.consumer.get_associations([uuid(1)])
    assert [tie.type for tie in ties] == ["HasMember"]
    assert domain.consumer.get_related_documents(uuid(1)) == []
