"""A node of the lab that speaks TLS on a second port."""

from __future__ import annotations

import sys

import pytest

from labkit.common.errors import AssociationError, UsageError
from labkit.dimse import Credential, client_context, echo
from labkit.lab import Lab


def test_a_node_listens_with_tls_until_the_reset(lab: Lab) -> None:
    mark = lab.mark()
    secure = lab.listen_tls("archive")
    files = lab.certificates
    assert secure.ae_title == "ARCHIVE" and secure.port != lab.archive.port
    assert secure.tls is None and secure.role == lab.archive.role
    assert echo(secure, tls=client_context(files.authority)).status == 0x0000
    assert echo(lab.archive).status == 0x0000
    with pytest.raises(AssociationError):
        echo(secure, timeout=5)
    assert "listening with TLS on a second port" in lab.log("ARCHIVE", since=mark)
    assert len(lab.traces("ARCHIVE", since=mark)) >= 2  # what TLS carries is traced as PDUs
    lab.reset()
    with pytest.raises(AssociationError, match="nothing listens"):
        echo(secure, timeout=5)


def test_node_authentication(lab: Lab) -> None:
    secure = lab.listen_tls(lab.legacy, mutual=True)
    files = lab.certificates
    with pytest.raises(AssociationError, match="asks for a client certificate"):
        echo(secure, tls=client_context(files.authority), timeout=5)
    mine = Credential(files.certificate, files.key)
    assert echo(secure, tls=client_context(files.authority, mine)).status == 0x0000
    # Asked again, the port stays and what is asked of clients changes.
    assert lab.listen_tls("LEGACY") == secure
    assert echo(secure, tls=client_context(files.authority)).status == 0x0000


def test_what_cannot_be(lab: Lab) -> None:
    with pytest.raises(UsageError, match="no node"):
        lab.listen_tls("FHIR")
    lab.stop_node("WORKSTN")
    with pytest.raises(Exception, match="does not run"):
        lab.listen_tls("WORKSTN")


def test_the_files_show_no_folder_and_are_ours_alone(lab: Lab) -> None:
    files = lab.certificates
    assert repr(files) == "Certificates(ca.pem, LEARNER.pem, LEARNER.key)"
    if sys.platform != "win32":
        assert files.key.stat().st_mode & 0o077 == 0
