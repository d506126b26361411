"""A token as user identity (PS3.7 D.3.3.7): what it may read by HTTP it may read by DIMSE."""

from __future__ import annotations

from dataclasses import replace

import pytest

from labkit.common.errors import AssociationRejected
from labkit.dicom import sample
from labkit.dimse import Peer, echo, find, get, identifier, move
from labkit.dimse.identity import UserIdentity
from labkit.lab.secure.facets import SecureLab

OWN = str(sample("mr-brain").datasets()[0].StudyInstanceUID)
"""Quillfeather's."""


def as_user(lab: SecureLab, token: str) -> Peer:
    return replace(lab.archive, identity=UserIdentity(token=token, confirm=True))


def patients_own(lab: SecureLab) -> str:
    return str(lab.auth.token("portal", scope="patient/*.rs", user="quillfeather",
                              patient="quillfeather"))  # fmt: skip


def studies(peer: Peer) -> set[str]:
    found = find(peer, identifier("STUDY", StudyInstanceUID=None))
    return {str(ds.StudyInstanceUID) for ds in found}


def test_a_patients_token_reads_the_patients_images_and_no_others(secure_lab: SecureLab) -> None:
    lab = secure_lab
    everything = studies(lab.archive)
    peer = as_user(lab, patients_own(lab))
    own = studies(peer)
    assert OWN in own and own < everything
    assert {str(ds.PatientName) for ds in find(peer, identifier("STUDY", PatientName=None))} == {
        "Quillfeather^Tobias"
    }
    assert get(peer, identifier("STUDY", StudyInstanceUID=OWN)).datasets
    for other in sorted(everything - own):
        assert not get(peer, identifier("STUDY", StudyInstanceUID=other)).datasets


def test_c_move_too(secure_lab: SecureLab) -> None:
    lab = secure_lab
    peer = as_user(lab, patients_own(lab))
    others = sorted(studies(lab.archive) - studies(peer))
    with lab.receiver() as receiver:
        lab.add_node(receiver.peer)
        for other in others:
            move(peer, identifier("STUDY", StudyInstanceUID=other), "LEARNER")
        assert not receiver.received
        move(peer, identifier("STUDY", StudyInstanceUID=OWN), "LEARNER")
        assert receiver.received
        assert {str(ds.StudyInstanceUID) for ds in receiver.received} == {OWN}


def test_a_token_for_something_else_reads_nothing(secure_lab: SecureLab) -> None:
    lab = secure_lab
    peer = as_user(lab, str(lab.auth.token("workbook", scope="user/Observation.rs")))
    assert find(peer, identifier("STUDY", StudyInstanceUID=None)).status == 0x0124
    assert not get(peer, identifier("STUDY", StudyInstanceUID=OWN)).datasets


def test_a_token_does_not_make_another_node(secure_lab: SecureLab) -> None:
    """MR1 may store and nothing else; with a token it is refused, since its entry wants none."""
    peer = as_user(secure_lab, str(secure_lab.auth.token("workbook", scope="user/*.rs")))
    with pytest.raises(AssociationRejected) as caught:
        echo(peer, ae_title="MR1")
    assert (caught.value.result, caught.value.source, caught.value.reason) == (1, 1, 3)


@pytest.mark.parametrize("spoilt", ["signature", "none", "garbage", "empty parts", "ended"])
def test_what_is_no_token_is_no_identity(secure_lab: SecureLab, spoilt: str) -> None:
    token = str(secure_lab.auth.token("workbook", scope="user/*.rs"))
    head, claims, signature = token.split(".")
    flipped = ("A" if signature[10] != "A" else "B").join((signature[:10], signature[11:]))
    if spoilt == "ended":
        secure_lab.reset()  # ends all tokens
    made = {
        "signature": f"{head}.{claims}.{flipped}",
        "none": f"eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.{claims}.",
        "garbage": "lantern-7",
        "empty parts": "..",
        "ended": token,
    }[spoilt]
    with pytest.raises(AssociationRejected) as caught:
        echo(as_user(secure_lab, made))
    assert (caught.value.result, caught.value.source, caught.value.reason) == (1, 2, 1)
