"""Every DIMSE port of a secure lab, and the RIS: TLS, and a certificate of the lab."""

import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from labkit.common.errors import AssociationError, NetworkError, UsageError
from labkit.common.serving import HOST
from labkit.dimse import Authority, Peer, client_context, echo
from labkit.hl7 import send
from labkit.lab.enterprise import Enterprise
from labkit.lab.secure.tls import learner_tls


def peers(enterprise: Enterprise) -> list[Peer]:
    return [Peer(n, HOST, at.port) for n, at in enterprise.addresses().items()]


def test_no_node_answers_without_tls(enterprise: Enterprise) -> None:
    for peer in peers(enterprise):
        with pytest.raises(AssociationError):
            echo(peer, timeout=5.0)


def test_no_node_answers_without_a_certificate_of_the_lab(
    enterprise: Enterprise, tmp_path: Path
) -> None:
    trusted = enterprise.workspace.certificates / "ca.pem"
    strange = Authority(tmp_path / "other").credential("LEARNER")
    for context in (client_context(trusted), client_context(trusted, strange)):
        for peer in peers(enterprise):
            with pytest.raises(AssociationError):
                echo(replace(peer, tls=context), timeout=5.0)


def test_the_ris_takes_no_message_without_a_certificate(enterprise: Enterprise) -> None:
    trusted = client_context(enterprise.workspace.certificates / "ca.pem")
    for tls in (None, trusted):
        with pytest.raises(NetworkError):
            send(HOST, enterprise.ris.port, "MSH|^~\\&|x", timeout=5.0, tls=tls)
    own = learner_tls(enterprise.workspace.certificates, "LEARNER")
    answer = send(HOST, enterprise.ris.port, "MSH|^~\\&|x", timeout=5.0, tls=own)
    assert "MSA|A" in answer  # it was read, and answered


def test_tls_cannot_be_switched_off_or_gone_round(enterprise: Enterprise) -> None:
    with pytest.raises(UsageError, match="cannot be set"):
        enterprise.configure("ARCHIVE", {"tls": False})
    with pytest.raises(UsageError, match="secure lab"):
        enterprise.listen_tls("ARCHIVE", mutual=False)
    enterprise.configure("ARCHIVE", {"max_pdu": 65536})  # starts the node again
    (archive,) = (peer for peer in peers(enterprise) if peer.ae_title == "ARCHIVE")
    with pytest.raises(AssociationError):
        echo(archive, timeout=5.0)


def test_nodes_call_each_other_with_their_own_certificates(enterprise: Enterprise) -> None:
    known = enterprise.guarding.known("ARCHIVE", enterprise.cast.destinations)
    assert set(known) == set(enterprise.cast.destinations)
    assert all(isinstance(peer.tls, ssl.SSLContext) for peer in known.values())
