"""A guarded archive with DCMTK's tools as its peers: TLS, certificates, user identities."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from labkit.access.nodes import AllowList, NodeUser
from labkit.dimse import Authority, Credential, Peer, find_dcmtk
from labkit.dimse.certificate import describe
from tests.access.nodes.conftest import Guard, entry
from tests.pacs.conftest import real

pytestmark = pytest.mark.peers
USER = ("--user", "chen", "--password", "c0rrect horse", "--pos-response")


def run(program: str, peer: Peer, *options: str, files: tuple[Path, ...] = ()) -> tuple[int, str]:
    found = find_dcmtk(program)
    if found is None:
        pytest.skip("DCMTK is not installed")
    command = [str(found[0]), "-v", "-aet", "MR1", "-aec", "ARCHIVE", "-to", "10", *options]
    at = [peer.host, str(peer.port), *map(str, files)]
    done = subprocess.run([*command, *at], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def tls(ca: Authority, shown: Credential) -> tuple[str, ...]:
    return ("+tls", str(shown.key), str(shown.certificate), "+cf", str(ca.certificate))


def test_mutual_tls_and_the_certificate_of_the_title(guard: Guard, ca: Authority) -> None:
    mine, other = ca.credential("MR1"), ca.credential("MR2")
    pinned = entry(addresses=(), fingerprints=(describe(mine.certificate).fingerprint,))
    node = guard(AllowList([pinned]))
    assert run("echoscu", node.tls, *tls(ca, mine))[0] == 0
    files = (real("CT_small.dcm")[0],)
    code, said = run("storescu", node.tls, *tls(ca, mine), files=files)
    assert code == 0 and "Success" in said and len(list(node.archive.stored())) == 1
    code, said = run("echoscu", node.tls, *tls(ca, other))
    assert code != 0 and "Calling AE Title Not Recognized" in said
    code, said = run("echoscu", node.tls, "+tla", "+cf", str(ca.certificate))
    assert code != 0  # no certificate: the handshake fails, or what follows it in TLS 1.3
    assert node.logged("TLS handshake failed: the client showed no certificate")
    code, said = run("echoscu", node.plain)
    assert code != 0 and "Calling AE Title Not Recognized" in said


def test_user_identities(guard: Guard, ca: Authority, chen: NodeUser) -> None:
    node = guard(AllowList([entry(identity="passcode", users=("chen",))], [chen]))
    shown = tls(ca, ca.credential("MR1"))
    code, said = run("storescu", node.tls, *shown, *USER, files=(real("CT_small.dcm")[0],))
    assert code == 0, said
    grant = node.seen.asked[-1][1]
    assert grant is not None and grant.subject == "chen"
    wrong = ("--user", "chen", "--password", "guess")
    for peer, options in ((node.tls, (*shown, *wrong)), (node.plain, USER), (node.tls, shown)):
        code, said = run("storescu", peer, *options, files=(real("CT_small.dcm")[0],))
        assert code != 0 and "Rejected Permanent" in said and "ACSE" in said, said


def test_what_dcmtk_brings_and_nobody_checks(guard: Guard, tmp_path: Path) -> None:
    ticket = tmp_path / "ticket"
    ticket.write_bytes(b"ticket")
    node = guard(AllowList([entry()]))
    for option in ("--kerberos", "--saml"):
        code, _ = run("storescu", node.plain, option, str(ticket), files=(real("CT_small.dcm")[0],))
        assert code != 0
    assert node.logged("a Kerberos ticket, which nobody here can check")
    assert node.logged("a SAML assertion, which nobody here can check")
