"""Two whole communities over real sockets, from publishing a study to having its images."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest

from labkit.access.audit import AuditTrail
from labkit.common import ALLOW_ALL, DENY_ALL, AccessRequest, Decision
from labkit.common.errors import NetworkError, UsageError
from labkit.dicom.samples import sample
from labkit.dicomweb import ArchiveSource
from labkit.exchange.community import ANSWERS, IMAGES, REGISTRY, RESPONDING, Community
from labkit.exchange.images import SourceImages
from labkit.exchange.manifests import read
from labkit.exchange.manifests.documents import FORMAT_CODE
from labkit.exchange.parties import LAKESIDE, NORTH
from labkit.exchange.pix import CrossReference, Domain
from labkit.exchange.soap import SoapFault
from labkit.exchange.transcript import Transcript
from labkit.exchange.xds import DEPRECATED, XdsError
from labkit.pacs import Archive

MARIGOLD = NORTH.patient("NG-100457")
POSY = NORTH.patient("1001234")
NOW = datetime(2026, 1, 16, 9, 0, tzinfo=timezone.utc)
Make = Callable[..., tuple[Community, Community]]


@pytest.fixture
def people() -> CrossReference:
    pix = CrossReference([Domain.of(NORTH), Domain.of(LAKESIDE)])
    pix.link(MARIGOLD, LAKESIDE.patient("LK-20871"), why="test")
    pix.register(POSY, LAKESIDE.patient("1001234"))
    return pix


@pytest.fixture
def archives(tmp_path: Path) -> Iterator[dict[str, Archive]]:
    made = {name: Archive(tmp_path / name) for name in ("north", "lakeside")}
    made["north"].add_files([*sample("dx-chest").paths(), *sample("dx-hand").paths()])
    made["lakeside"].add_files([*sample("cr-chest-prior").paths(), *sample("nm-bone").paths()])
    yield made
    for archive in made.values():
        archive.close()


@pytest.fixture
def make(tmp_path: Path, archives: dict[str, Archive], people: CrossReference) -> Iterator[Make]:
    """Makes two communities that know each other, running and published."""
    running: list[Community] = []

    def build(*, publish: bool = True, **options: object) -> tuple[Community, Community]:
        options.setdefault("policy", ALLOW_ALL)
        for party, name in ((NORTH, "north"), (LAKESIDE, "lakeside")):
            images = SourceImages(ArchiveSource(archives[name]))
            folder = tmp_path / f"community-{name}"
            running.append(
                Community(party, folder, images, patients=people, clock=lambda: NOW, **options)  # type: ignore[arg-type]
            )
        north, lakeside = running
        for one, other in ((north, lakeside), (lakeside, north)):
            one.start()
            one.introduce(other)
            if publish:
                one.publish()
        return north, lakeside

    yield build
    for one in running:
        one.close()


def test_a_prior_comes_from_the_other_community(make: Make) -> None:
    north, _ = make()
    beyond = north.beyond()
    entries = beyond.find_documents(MARIGOLD, formatCode=FORMAT_CODE)
    assert [(e.homeCommunityId, e.patientId.value) for e in entries] == [
        (LAKESIDE.home, "LK-20871")
    ]
    (document,) = beyond.retrieve(entries)
    manifest = read(document.data)
    got = north.imaging().retrieve(manifest, home=entries[0].homeCommunityId)
    assert not got.errors
    assert got.datasets() == sample("cr-chest-prior").datasets()


def test_the_transactions_are_told_in_order(make: Make) -> None:
    transcript = Transcript()
    north, _ = make(observer=transcript)
    transcript.clear()
    beyond = north.beyond()
    (entry,) = beyond.find_documents(MARIGOLD)
    (document,) = beyond.retrieve([entry])
    north.imaging().retrieve(read(document.data), home=entry.homeCommunityId)
    requests = [said.transaction for said in transcript if said.kind == "request"]
    assert requests == [
        "ITI-18", "ITI-38", "ITI-18", "ITI-43", "ITI-39", "ITI-43", "RAD-69", "RAD-75", "RAD-69",
    ]  # fmt: skip
    responses = [said.transaction for said in transcript if said.kind == "response"]
    assert sorted(responses) == sorted(requests)
    row = transcript.of("RAD-75")[0].to_json()
    assert (row["from"], row["to"]) == (
        "North General initiating gateway", "Lakeside Clinic responding gateway",
    )  # fmt: skip
    assert row["bytes"] == len(transcript.of("RAD-75")[0].exchanged.data)
    assert "RAD-75" in repr(transcript) and "RAD-75" in transcript._repr_html_()


def test_what_is_published_is_said_as_rad_68_wants_it(make: Make) -> None:
    north, _ = make()
    (entry,) = north.consumer().find_documents(POSY)
    ds = sample("dx-hand").datasets()[0]
    assert entry.formatCode == FORMAT_CODE and entry.mimeType == "application/dicom"
    modality, *regions = entry.eventCodeList
    assert (modality.code, modality.display) == ("DX", "Digital Radiography")
    assert [region.display for region in regions] == ["Upper limb"]
    assert entry.title == ds.StudyDescription
    assert any(ds.StudyInstanceUID in each for each in entry.referenceIdList)
    assert any(ds.AccessionNumber in each for each in entry.referenceIdList)
    assert entry.serviceStartTime.startswith(ds.StudyDate)
    (document,) = north.consumer().retrieve([entry])
    manifest = read(document.data)
    assert manifest.uid == entry.uniqueId
    assert [location.uid for location in manifest.locations] == [NORTH.images]


def test_a_number_that_two_people_have_finds_one_of_them(make: Make) -> None:
    """1001234 is Posy Brackenfold at North, Ignatius Marblethorpe at Lakeside."""
    north, lakeside = make()
    seen = len(lakeside.seen)
    found = north.beyond().find_documents(POSY)
    assert not found and [error.code for error in found.errors] == ["XDSUnknownPatientId"]
    assert len(lakeside.seen) == seen
    (bones,) = lakeside.consumer().find_documents(LAKESIDE.patient("1001234"))
    assert bones.title == sample("nm-bone").description


def test_a_new_image_replaces_the_manifest_and_nothing_new_does_not(
    make: Make, archives: dict[str, Archive]
) -> None:
    _, lakeside = make()
    patient = LAKESIDE.patient("LK-20871")
    (old,) = lakeside.consumer().find_documents(patient)
    lakeside.publish()
    assert [e.uniqueId for e in lakeside.consumer().find_documents(patient)] == [old.uniqueId]
    ds = sample("cr-chest-prior").datasets()[0]
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = "2.25.4242"
    path = archives["lakeside"].root.parent / "new.dcm"
    ds.save_as(path, enforce_file_format=True)
    archives["lakeside"].add_file(path)
    lakeside.publish([ds.StudyInstanceUID])
    (new,) = lakeside.consumer().find_documents(patient)
    (gone,) = lakeside.consumer().find_documents(patient, status=DEPRECATED)
    assert new.uniqueId != old.uniqueId == gone.uniqueId
    (document,) = lakeside.consumer().retrieve([new])
    assert "2.25.4242" in read(document.data).instance_uids


def test_images_of_a_patient_of_somebody_else_are_not_published(
    make: Make, archives: dict[str, Archive]
) -> None:
    archives["north"].add_files(sample("cr-chest-prior").paths())
    north, _ = make()
    study = sample("cr-chest-prior").study_uid
    assert "LK-20871" in north.publisher.withheld[study]
    assert len(north.publisher.withheld) == 1
    assert north.consumer().find_documents(MARIGOLD)


@pytest.mark.parametrize("service", [RESPONDING, REGISTRY])
def test_a_community_that_is_down_and_comes_back(make: Make, service: str) -> None:
    north, lakeside = make()
    lakeside.stop(service)
    with pytest.raises(XdsError) as refused:
        north.beyond().find_documents(MARIGOLD)
    code = "XDSUnavailableCommunity" if service == RESPONDING else "XDSRegistryError"
    assert refused.value.codes == (code,)
    assert refused.value.errors[0].location == LAKESIDE.home
    lakeside.start(service)
    assert north.beyond().find_documents(MARIGOLD)


def test_the_images_are_away_and_the_manifest_is_not(make: Make) -> None:
    north, lakeside = make()
    lakeside.stop(IMAGES)
    beyond = north.beyond()
    (entry,) = beyond.find_documents(MARIGOLD)
    (document,) = beyond.retrieve([entry])
    got = north.imaging().retrieve(read(document.data), home=entry.homeCommunityId)
    assert not got.files and {error.code for error in got.errors} == {"XDSRepositoryError"}
    assert {error.location for error in got.errors} == {LAKESIDE.home}


def test_answers_may_come_later(make: Make) -> None:
    transcript = Transcript()
    north, lakeside = make(observer=transcript, asynchronous=True)
    assert ANSWERS in north.urls
    transcript.clear()
    beyond = north.beyond()
    (entry,) = beyond.find_documents(MARIGOLD)
    (document,) = beyond.retrieve([entry])
    got = north.imaging().retrieve(read(document.data), home=entry.homeCommunityId)
    assert got.files and not got.errors
    late = [s for s in transcript if s.exchanged.receiver == north.named(ANSWERS)]
    assert [said.exchanged.sender for said in late] == [lakeside.named(RESPONDING)] * 3


def test_nobody_gets_anything_by_default(make: Make) -> None:
    with pytest.raises(SoapFault, match="no access policy"):
        make(policy=DENY_ALL)


def test_a_refusal_of_the_other_community_is_said_and_on_record(make: Make, tmp_path: Path) -> None:
    class NoStrangers:
        def decide(self, request: AccessRequest) -> Decision:
            stranger = request.action in ("ITI-38", "ITI-39", "RAD-75")
            return Decision(not stranger, "strangers get nothing" if stranger else "ours")

    trail = AuditTrail(tmp_path / "audit", clock=lambda: NOW, key=bytes(32))
    north, _ = make(policy=NoStrangers(), trail=trail)
    with pytest.raises(XdsError, match="strangers get nothing"):
        north.beyond().find_documents(MARIGOLD)
    records = [r for r in trail.records() if r.get("action") == "ITI-38"]
    assert records and not records[-1]["allowed"]
    kinds = {r["action"]: r["event"] for r in trail.records() if r.get("allowed")}
    assert kinds["ITI-41"] == kinds["ITI-42"] == "Import" and kinds["ITI-18"] == "Query"
    trail.close()


def test_the_names_of_services_are_checked(make: Make) -> None:
    north, _ = make(publish=False)
    with pytest.raises(UsageError, match="registry"):
        north.stop("pacs")
    assert "responding gateway" in repr(north)
    north.stop()
    assert repr(north) == "North General: nothing runs"
    with pytest.raises(NetworkError):
        north.consumer().find_documents(MARIGOLD)
