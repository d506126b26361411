"""A router with rules: changed and encoded on the way, each destination for itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from pynetdicom import AE, evt
from pynetdicom.sop_class import CTImageStorage, MRImageStorage

from labkit.common import ALLOW_ALL
from labkit.dicom import sample
from labkit.dimse import Peer, store
from labkit.pacs import Destinations, EventLog, Router
from labkit.pacs.rule_file import RuleError
from tests.pacs.conftest import Running, Start, real
from tests.pacs.test_router import CONFIG, FILES, until


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Router]]:
    made: list[Router] = []

    def router(known: Destinations, **settings: object) -> Router:
        folder = tmp_path / "router"
        router = Router(
            CONFIG, folder, ["ARCHIVE"], known, policy=ALLOW_ALL, log=EventLog(folder / "log"),
            back_off=(0.05,), clock=lambda: datetime(2026, 1, 15, 12), **settings,  # type: ignore[arg-type]
        )  # fmt: skip
        made.append(router)
        return router

    yield router
    for each in made:
        each.close()


@pytest.fixture
def two(start: Start) -> tuple[Running, Running, Destinations]:
    archive, workstation = start("ARCHIVE"), start("WORKSTN")
    known = Destinations()
    for each in (archive, workstation):
        known.add(each.peer.ae_title, "127.0.0.1", each.peer.port)
    return archive, workstation, known


def log_of(router: Router, folder: Path) -> str:
    return (folder / "router" / "log").read_text(encoding="utf-8")


def test_changed_and_encoded_on_the_way(
    make: Callable[..., Router], two: tuple[Running, Running, Destinations], tmp_path: Path
) -> None:
    archive, workstation, known = two
    router = make(known)
    router.rules.load(
        'match = "all"\n[[rule]]\nsend = "ARCHIVE"\nset.InstitutionName = "Lakeside"\n'
        'set.StudyDescription = "ÖDEM"\ncalling_ae = "LAKE"\n'
        'transfer_syntax = "1.2.840.10008.1.2.4.90"\n[[rule]]\nsend = "WORKSTN"\n'
    )
    peer = Peer("ROUTER", "127.0.0.1", router.start())
    store(peer, real("CT_small.dcm"), ae_title="CT1")
    until(lambda: not router.waiting())
    (changed,), (plain,) = list(archive.archive.stored()), list(workstation.archive.stored())
    assert changed.entry.source == "LAKE"
    assert plain.entry.source == "ROUTER"
    ds, same = changed.dataset(), plain.dataset()
    assert ds.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.90"
    assert (ds.InstitutionName, ds.StudyDescription) == ("Lakeside", "ÖDEM")
    (record,) = ds.OriginalAttributesSequence
    assert record.ModifiedAttributesSequence[0].InstitutionName == same.InstitutionName
    assert (record.ModifyingSystem, record.SourceOfPreviousValues) == ("ROUTER", "CT1")
    assert "OriginalAttributesSequence" not in same
    assert (ds.pixel_array == same.pixel_array).all()


def test_dropped_and_homeless_objects_are_not_kept(
    make: Callable[..., Router], two: tuple[Running, Running, Destinations], tmp_path: Path
) -> None:
    archive, _, known = two
    router = make(known)
    router.rules.load(
        '[[rule]]\nname = "no CT"\nwhen.modality = "CT"\ndrop = "not wanted"\n'
        '[[rule]]\nwhen.modality = "MR"\nsend = "ARCHIVE"\n'
    )
    peer = Peer("ROUTER", "127.0.0.1", router.start())
    assert len(store(peer, real(*FILES)).stored) == 3
    until(lambda: not router.waiting())
    assert [o.dataset().Modality for o in archive.archive.stored()] == ["MR"]
    log = log_of(router, tmp_path)
    assert "rule 'no CT' drops" in log
    assert "no rule sends" in log
    until(lambda: not list(router.spool.objects.files()))


def test_one_destination_does_not_wait_for_another(
    make: Callable[..., Router], two: tuple[Running, Running, Destinations]
) -> None:
    archive, workstation, known = two
    workstation.node.stop()
    router = make(known)
    router.rules.load('[[rule]]\nsend = ["WORKSTN", "ARCHIVE"]\n')
    peer = Peer("ROUTER", "127.0.0.1", router.start())
    store(peer, real(*FILES))
    until(lambda: len(list(archive.archive.stored())) == 3)
    # An object is stored a moment before the router has heard of it.
    until(lambda: {item.destination for item in router.waiting()} == {"WORKSTN"})
    workstation.node.start(workstation.peer.port)
    until(lambda: not router.waiting())
    assert len(list(workstation.archive.stored())) == 3


def test_an_object_that_a_destination_chokes_on_does_not_keep_back_the_others(
    make: Callable[..., Router], archive_node: Running
) -> None:
    kept: list[str] = []

    def choke(event: evt.Event) -> int:
        if event.dataset.Modality == "CT":
            event.assoc.abort()
            return 0xC000
        kept.append(event.dataset.SOPInstanceUID)
        return 0x0000

    ae = AE("CHOKY")
    for sop_class in (CTImageStorage, MRImageStorage):
        ae.add_supported_context(sop_class)
    server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, choke)])
    known = Destinations()
    known.add("CHOKY", "127.0.0.1", server.server_address[1])
    router = make(known)
    router.rules.load('[[rule]]\nsend = "CHOKY"\n')
    peer = Peer("ROUTER", "127.0.0.1", router.start())
    store(peer, real("CT_small.dcm", "MR_small.dcm"))
    until(lambda: len(kept) == 1)
    until(lambda: len(router.waiting()) == 1)
    assert router.waiting()[0].attempts > 0
    server.shutdown()


def test_a_loop_is_said_and_not_made(
    make: Callable[..., Router], two: tuple[Running, Running, Destinations], tmp_path: Path
) -> None:
    _, _, known = two
    router = make(known)
    router.rules.load('[[rule]]\nsend = ["ARCHIVE", "WORKSTN"]\n')
    peer = Peer("ROUTER", "127.0.0.1", router.start())
    store(peer, real("CT_small.dcm"), ae_title="ARCHIVE")
    until(lambda: not router.waiting())
    assert "a loop" in log_of(router, tmp_path)
    assert list(two[0].archive.stored()) == []


def test_bad_rules_leave_the_old_ones_in_force_over_a_restart_too(
    make: Callable[..., Router], two: tuple[Running, Running, Destinations], tmp_path: Path
) -> None:
    _, _, known = two
    router = make(known)
    router.rules.load('[[rule]]\nname = "good"\nsend = "WORKSTN"\n')
    with pytest.raises(RuleError):
        router.rules.load("[[rule]]\nsend = 5\n")
    assert router.rules.book is not None
    assert router.rules.book.rules[0].name == "good"
    router.close()
    again = make(known)
    assert again.rules.book == router.rules.book
    again.clear()
    assert again.rules.book is None
    again.close()
    (tmp_path / "router" / "rules.toml").write_text("nonsense")
    broken = make(known)
    assert broken.rules.book is None
    assert "rules.toml cannot be used" in log_of(broken, tmp_path)


def test_what_cannot_be_encoded_waits_with_the_reason(
    make: Callable[..., Router], two: tuple[Running, Running, Destinations], tmp_path: Path
) -> None:
    archive, _, known = two
    router = make(known)
    router.rules.load('[[rule]]\nname = "thin"\nsend = "ARCHIVE"\n'
                      'transfer_syntax = "1.2.840.10008.1.2.4.90"\n')  # fmt: skip
    (ds,) = sample("dx-hand").datasets("DX")[:1]
    ds.PixelData = ds.PixelData[:100]
    peer = Peer("ROUTER", "127.0.0.1", router.start())
    store(peer, [ds, *sample("ct-head").paths("SR")])
    until(lambda: len(list(archive.archive.stored())) == 1)  # a report has no pixels to encode
    until(lambda: [bool(item.problem) for item in router.waiting()] == [True])
    assert "'thin'" in router.waiting()[0].problem
