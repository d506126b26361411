"""The list of nodes: what it takes, what it refuses to take, and whom it finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.access.nodes import AllowList, NodeEntry, NodeUser, hash_passcode
from labkit.access.nodes.passcodes import COST, matches
from labkit.common.errors import UsageError
from labkit.dimse.admission import Applicant, PeerCertificate

PRINT = "ab" * 32
SHOWN = PeerCertificate("CN=MR1,O=North General", PRINT)


def applicant(calling: str = "MR1", address: str = "10.1.2.3", **values: object) -> Applicant:
    return Applicant(calling, "ARCHIVE", address, **values)  # type: ignore[arg-type]


def test_a_file_is_the_same_as_the_classes(tmp_path: Path) -> None:
    kept = hash_passcode("secret", salt=b"0123456789abcdef")
    path = tmp_path / "nodes.toml"
    path.write_text(f"""
[[node]]
ae_title = "MR1"
addresses = ["10.1.0.0/16", "::1"]
fingerprints = ["{":".join(["AB"] * 32)}"]
services = ["C-ECHO", "C-STORE"]
actors = ["Device/mr1"]

[[node]]
ae_title = "VIEWER"
subject = "CN=VIEWER,O=North General"
services = ["C-FIND", "C-MOVE"]
destinations = ["WORKSTN"]
identity = "passcode"
users = ["chen"]

[[user]]
name = "chen"
passcode = "{kept}"
actors = ["Practitioner/chen"]
""")
    found = AllowList.from_toml(path)
    assert found.nodes == (
        NodeEntry(
            "MR1", ("10.1.0.0/16", "::1"), "", (PRINT,), ("C-ECHO", "C-STORE"),
            actors=("Device/mr1",),
        ),
        NodeEntry(
            "VIEWER", (), "CN=VIEWER,O=North General", (), ("C-FIND", "C-MOVE"), ("WORKSTN",),
            "passcode", ("chen",),
        ),
    )  # fmt: skip
    assert found.user("chen") == NodeUser("chen", kept, ("Practitioner/chen",))
    assert kept not in repr(found.user("chen"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[node]]\nae_title = "MR1"', "the title alone proves nothing"),
        ('[[node]]\nae_title = "MR1"\naddresses = ["10.1.2.3/16"]', "nodes.toml:3"),
        ('[[node]]\nae_title = "MR1"\naddresses = ["mr1.example"]', "addresses has 'mr1.example'"),
        ('[[node]]\nae_title = "MR1"\nfingerprints = ["abcd"]', "no SHA-256"),
        ('[[node]]\nae_title = "A"\nsubject = "CN=A"\nservices = ["STORE"]', "'STORE', which is"),
        ('[[node]]\nae_title = "A"\nsubject = "CN=A"\nidentity = "kerberos"', "identity cannot be"),
        (
            '[[node]]\nae_title = "A"\naddresses = ["::1"]\nidentity = "username"\nusers = ["x"]',
            "needs a certificate",
        ),
        ('[[node]]\nae_title = "A"\nsubject = "CN=A"\nidentity = "passcode"', "do not go together"),
        ('[[node]]\nae_title = "A"\nsubject = "CN=A"\nusers = ["x"]', "do not go together"),
        (
            '[[node]]\nae_title = "A"\nsubject = "CN=A"\nidentity = "passcode"\nusers = ["x"]',
            "names user x",
        ),
        (
            '[[node]]\nae_title = "A"\nsubject = "CN=A"\nidentity = "passcode"\nusers = ["x"]\n'
            '[[user]]\nname = "x"',
            "who has none",
        ),
        ('[[user]]\nname = "x"\npasscode = "hunter2"', "not what scrypt makes"),
        ('[[user]]\nname = "x"\n[[user]]\nname = "x"', "is there twice"),
        ('[[node]]\nae_titel = "MR1"', "Did you mean ae_title"),
        ('[node]\nae_title = "MR1"', "list of sections"),
    ],
)
def test_what_a_list_cannot_be(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "nodes.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        AllowList.from_toml(path)
    assert says in f"{caught.value.message} {caught.value.remedy}"
    assert "hunter2" not in str(caught.value)


def test_no_list_knows_nobody(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no"):
        AllowList.from_toml(tmp_path / "nodes.toml")
    assert "not on the list" in AllowList(()).match(applicant()).reason


@pytest.mark.parametrize(
    ("who", "lacks"),
    [
        (applicant(encrypted=True, certificate=SHOWN), ""),
        (applicant("mr1", encrypted=True, certificate=SHOWN), "not on the list"),
        (applicant(address="10.2.0.1", certificate=SHOWN), "other than 10.2.0.1"),
        (applicant(address="", certificate=SHOWN), "an address other"),
        (applicant(), "with TLS"),
        (applicant(encrypted=True), "with a certificate"),
        (
            applicant(encrypted=True, certificate=PeerCertificate("CN=MR1,O=Other", PRINT)),
            "a certificate for CN=MR1,O=North General",
        ),
        (
            applicant(encrypted=True, certificate=PeerCertificate(SHOWN.subject, "cd" * 32)),
            "another certificate than cdcd",
        ),
    ],
)
def test_every_condition_has_to_be_met(who: Applicant, lacks: str) -> None:
    strict = NodeEntry("MR1", ("10.1.0.0/16",), SHOWN.subject, (PRINT,))
    found = AllowList([strict]).match(who)
    assert bool(found.entries) is not bool(lacks)
    assert lacks in found.reason


def test_a_title_may_have_several_entries() -> None:
    here, there = NodeEntry("MR1", ("10.1.2.3",)), NodeEntry("MR1", ("10.9.0.0/24",))
    found = AllowList([here, there])
    assert found.match(applicant()).entries == (here,)
    assert found.match(applicant(address="10.9.0.7")).entries == (there,)
    assert not found.match(applicant(address="10.8.0.1")).entries


def test_passcodes() -> None:
    kept = hash_passcode("schön")
    assert kept != hash_passcode("schön"), "salted"
    assert matches(kept, "schön".encode()) and not matches(kept, b"schon")
    assert not matches("", b"") and not matches(kept, b"")
    assert f"${COST}$" in kept and "sch" not in kept.removeprefix("scrypt")
    with pytest.raises(UsageError):
        hash_passcode("")
    with pytest.raises(UsageError, match="scrypt"):
        NodeUser("x", kept.replace(str(COST), "16"))  # too cheap to guess at
