"""``lab.communities()`` and ``labkit exchange demo``, in a lab that runs."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread

from labkit.dicom.samples import sample
from labkit.exchange.parties import LAKESIDE, NORTH
from labkit.exchange.soap import SoapFault
from labkit.lab import Lab, launch
from labkit.lab.embedded import EmbeddedLab
from labkit.lab.exchange.communities import people
from labkit.lab.exchange.demo import demonstrate
from labkit.lab.workspace import Workspace

CHAIN = [
    "RAD-68", "ITI-42", "ITI-18", "ITI-83", "ITI-38", "ITI-18", "ITI-43", "ITI-39", "ITI-43",
    "RAD-69", "RAD-75", "RAD-69", "RAD-108",
]  # fmt: skip


def test_both_sites_are_published(lab: EmbeddedLab) -> None:
    with lab.communities() as (north, lakeside):
        for community, patient, slugs in (
            (north, "NG-100457", {"dx-chest", "ct-chest", "pt-chest"}),
            (lakeside, "LK-20871", {"cr-chest-prior"}),
        ):
            found = community.consumer().find_documents(community.party.patient(patient))
            assert {entry.title for entry in found} == {sample(s).description for s in slugs}
        assert not north.publisher.withheld and not lakeside.publisher.withheld


def test_calling_it_again_begins_anew(lab: EmbeddedLab) -> None:
    first = lab.communities(studies=[])
    second = lab.communities(studies=[])
    assert repr(first.north) == "North General: nothing runs"
    assert "registry" in repr(second)
    assert len(list((lab.workspace / "exchange").iterdir())) == 1
    second.close()
    assert not list((lab.workspace / "exchange").iterdir())


def test_the_people_are_those_of_the_stories() -> None:
    pix = people()
    assert pix.corresponding(NORTH.patient("NG-100457"), [LAKESIDE.authority]) == [
        LAKESIDE.patient("LK-20871")
    ]
    assert pix.corresponding(NORTH.patient("1001234"), [LAKESIDE.authority]) == []
    assert "1001234" in pix.collisions()


def test_the_demonstration_ends_with_the_prior_in_the_archive(lab: EmbeddedLab) -> None:
    for _ in range(2):  # what is there already is no harm
        shown = demonstrate(lab)
        requests = [said.transaction for said in shown.messages if said.kind == "request"]
        assert requests == CHAIN
        assert not [said for said in shown.messages if said.kind == "fault"]
    prior = sample("cr-chest-prior")
    with lab.dicomweb.client() as web:
        (study,) = web.studies(PatientID="NG-100457", StudyInstanceUID=prior.study_uid)
        stored = list(web.retrieve(study.StudyInstanceUID))
    (original,) = prior.datasets()
    assert [ds.PixelData for ds in stored] == [original.PixelData]
    assert stored[0].OtherPatientIDsSequence[0].PatientID == "LK-20871"
    (answer,) = [s for s in shown.messages if (s.transaction, s.kind) == ("RAD-75", "response")]
    assert dcmread(BytesIO(_part10(answer.exchanged.data))) == original


def _part10(data: bytes) -> bytes:
    """The DICOM file in a message on the wire."""
    start = data.index(b"\0" * 128 + b"DICM")
    return data[start : data.rindex(b"\r\n--")]


def test_the_command_prints_the_transactions(lab: EmbeddedLab) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "labkit", "exchange", "demo", "--json", "--workspace",
         str(lab.workspace)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    rows = json.loads(done.stdout)
    assert [row["transaction"] for row in rows if row["message"] == "request"] == CHAIN
    assert {"transaction", "message", "from", "to", "bytes", "sha256"} == set(rows[0])
    assert all(len(row["sha256"]) == 64 and row["bytes"] > 0 for row in rows)
    across = next(row for row in rows if row["transaction"] == "RAD-75")
    assert across["from"].startswith(NORTH.name) and across["to"].startswith(LAKESIDE.name)
    # The request line of a GET is what it says without a body.
    asked = next(row for row in rows if row["transaction"] == "ITI-83")
    line = (
        f"GET /Patient/$ihe-pix?sourceIdentifier=urn%3Aoid%3A{NORTH.authority}%7CNG-100457"
        f"&targetSystem=urn%3Aoid%3A{LAKESIDE.authority}"
    )
    assert asked["sha256"] == hashlib.sha256(line.encode()).hexdigest()


def test_it_starts_a_lab_and_ends_what_it_started(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "labkit", "exchange", "demo", "--workspace", str(tmp_path / "lab")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "RAD-75" in done.stdout and "as of patient NG-100457" in done.stdout
    assert launch.find(Workspace.at(tmp_path / "lab")) is None


def test_a_secure_lab_lets_nothing_out_by_default(lab: Lab, tmp_path: Path) -> None:
    assert isinstance(lab, EmbeddedLab)

    class Guarded(EmbeddedLab):
        secure = True

    guarded = Guarded(lab._workspace, lab._known)
    with pytest.raises(SoapFault, match="no access policy"):
        guarded.communities()
    assert guarded._exchange is None or "nothing runs" in repr(guarded._exchange)
