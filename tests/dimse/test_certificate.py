"""What a certificate says, and one that was revoked."""

from __future__ import annotations

import ssl
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from pynetdicom.sop_class import Verification

from labkit.common.errors import AssociationError, UsageError
from labkit.dimse import Authority, Credential, Peer, client_context, echo, new_ae, server_context
from labkit.dimse.admission import Admission, Applicant
from labkit.dimse.certificate import describe


def test_what_an_authority_has_issued(tmp_path: Path) -> None:
    ca = Authority(tmp_path)
    ends = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=9, hours=1)
    mine = ca.credential("MR1", not_after=ends)
    info = ca.issued()["MR1"]
    assert list(ca.issued()) == ["MR1"]
    assert info.subject.startswith("CN=MR1") and "labkit" in info.issuer
    assert info.names == ("127.0.0.1", "localhost")
    assert info.not_after == ends and info.days_left(ends - timedelta(days=9)) == 9
    assert info.days_left(ends + timedelta(hours=1)) == -1
    der = ssl.PEM_cert_to_DER_cert(mine.certificate.read_text().partition("-----END")[0] + END)
    assert len(info.fingerprint) == 64 and describe(mine.certificate) == info
    assert der  # the leaf is the first in the file, and what is described


END = ssl.PEM_FOOTER


def test_a_name_that_looks_like_two_is_one(tmp_path: Path) -> None:
    """Whoever gets a certificate for ``MR1,O=Other`` has none for MR1 of Other."""
    ca = Authority(tmp_path)
    made = ca._ca.issue_cert("127.0.0.1", common_name="CT1,CN=MR1", organization_name="labkit")
    shown = Credential(tmp_path / "odd.pem", tmp_path / "odd.key")
    shown.certificate.write_bytes(made.cert_chain_pems[0].bytes())
    shown.key.write_bytes(made.private_key_pem.bytes())
    asked: list[Applicant] = []

    class Admits:
        def admit(self, applicant: Applicant) -> Admission:
            asked.append(applicant)
            return Admission(True, "for the test")

    ae = new_ae("ARCHIVE", timeout=5, admission=Admits())
    ae.add_supported_context(Verification)
    context = server_context(ca.credential("ARCHIVE"), clients=ca.certificate)
    server = ae.start_server(("127.0.0.1", 0), block=False, ssl_context=context)
    peer = Peer("ARCHIVE", "127.0.0.1", server.server_address[1])
    assert echo(peer, tls=client_context(ca.certificate, shown)).status == 0x0000
    server.shutdown()
    ae.shutdown()
    (applicant,) = asked
    assert applicant.encrypted and applicant.certificate is not None
    assert applicant.certificate.subject == describe(shown.certificate).subject
    assert applicant.certificate.subject.startswith(r"CN=CT1\,CN=MR1,")
    assert applicant.certificate.fingerprint == describe(shown.certificate).fingerprint


@pytest.mark.parametrize("name", ["ca", "crl", "", "..", "a/b"])
def test_names_that_are_no_node(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name"):
        Authority(tmp_path).credential(name)


def test_what_is_no_certificate(tmp_path: Path) -> None:
    (tmp_path / "x.pem").write_text(f"{ssl.PEM_HEADER}\nAAAA\n{ssl.PEM_FOOTER}")
    for path in (tmp_path / "x.pem", tmp_path / "none.pem"):
        with pytest.raises(UsageError, match=r"is no certificate that can be read"):
            describe(path)
    with pytest.raises(UsageError, match="no certificate was issued"):
        Authority(tmp_path / "ca").revoke("MR1")


def _asks(ca: Authority, context: ssl.SSLContext, shown: str) -> int | None:
    """Echo a server that has `context`, showing a certificate; `None` where TLS fails."""
    ae = new_ae("ARCHIVE", timeout=5)
    ae.add_supported_context(Verification)
    server = ae.start_server(("127.0.0.1", 0), block=False, ssl_context=context)
    peer = Peer(
        "ARCHIVE", "127.0.0.1", server.server_address[1],
        tls=client_context(ca.certificate, ca.credential(shown)),
    )  # fmt: skip
    try:
        return echo(peer, timeout=5).status
    except AssociationError as error:
        assert "revoked" in error.message or "closed" in error.message, error.message
        return None
    finally:
        server.shutdown()
        ae.shutdown()


def test_a_revoked_certificate_is_refused_and_a_new_one_is_not(tmp_path: Path) -> None:
    ca = Authority(tmp_path)
    stolen = ca.credential("MR1")
    kept = [tmp_path.parent / "mr1.pem", tmp_path.parent / "mr1.key"]
    kept[0].write_bytes(stolen.certificate.read_bytes())
    kept[1].write_bytes(stolen.key.read_bytes())
    serial = describe(stolen.certificate).serial

    def context() -> ssl.SSLContext:
        return server_context(
            ca.credential("ARCHIVE"), clients=ca.certificate, revoked=ca.revocations
        )

    assert _asks(ca, context(), "MR1") == 0x0000
    ca.revoke("MR1")
    assert describe(kept[0], revoked=ca.revocations).revoked
    assert "MR1" not in ca.issued()
    again = ca.credential("MR1")
    assert describe(again.certificate).serial != serial
    assert not ca.issued()["MR1"].revoked
    assert _asks(ca, context(), "MR1") == 0x0000
    for path, old in zip((again.certificate, again.key), kept, strict=True):
        path.write_bytes(old.read_bytes())
    assert _asks(ca, context(), "MR1") is None


def test_an_old_list_refuses_everybody(tmp_path: Path) -> None:
    then = datetime.now(timezone.utc) - timedelta(days=30)
    ca = Authority(tmp_path, clock=lambda: then)
    context = server_context(
        ca.credential("ARCHIVE"), clients=ca.certificate, revoked=ca.revocations
    )
    with pytest.raises(AssertionError, match="expired"):
        _asks(ca, context, "MR1")


def test_a_list_needs_clients_that_show_one(tmp_path: Path) -> None:
    ca = Authority(tmp_path)
    with pytest.raises(UsageError, match="no client shows"):
        server_context(ca.credential("ARCHIVE"), revoked=ca.revocations)
