"""Studies to the cloud and back; what the provider sees; what it may do to them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from labkit.common.errors import UsageError
from labkit.dicom.samples import sample
from labkit.exchange.cloud import CloudTier, Damaged, KeyDestroyed, KeyFolder, NotYet, unseal
from labkit.exchange.cloud.local import LocalStore
from labkit.pacs import Archive
from tests.exchange.cloud.conftest import Clock, files, made, uid_of


def test_there_and_back_byte_for_byte(tier: CloudTier, archive: Archive) -> None:
    study = uid_of("ct-head")
    before = files(archive, study)
    moved = tier.offload(study, free=True)
    assert moved.instances == len(before) == len(sample("ct-head").paths())
    assert tier.local(study) == []
    assert tier.recall(study).instances == len(before)
    assert files(archive, study) == before
    assert files(archive, uid_of("dx-hand"))  # the other study was left alone


def test_the_provider_sees_nothing_of_the_patient(tier: CloudTier, store: LocalStore) -> None:
    study = uid_of("ct-head")
    tier.offload(study)
    ds = sample("ct-head").datasets()[0]
    record = tier.record(study)
    secret = [study, ds.PatientID, str(ds.PatientName).split("^")[0], ds.SOPInstanceUID,
              ds.SeriesInstanceUID, "DICM", "series", "modality", ds.StudyDate]  # fmt: skip
    assert all(text in record.encoded().decode() for text in secret[:2])
    seen = b"".join(each.name.encode() + store.get(each.name) for each in store.objects())
    assert [text for text in secret if text.encode() in seen] == []
    assert all(len(each.name) == 32 for each in store.objects())


def test_the_local_copy_stays_until_all_is_proven(tier: CloudTier, archive: Archive) -> None:
    study = uid_of("ct-head")
    with pytest.raises(UsageError, match="knows no study"):
        tier.free(study)
    tier.offload(study)
    late = sample("ct-head").datasets()[0]
    late.SOPInstanceUID = late.file_meta.MediaStorageSOPInstanceUID = "2.25.99"
    path = archive.root / "late.dcm"
    late.save_as(path)
    archive.add_file(path)
    count = len(tier.local(study))
    with pytest.raises(NotYet, match="1 instances"):
        tier.free(study)
    assert len(tier.local(study)) == count
    moved = tier.offload(study, free=True)
    assert moved.instances == 1
    assert tier.recall(study).instances == count


def test_a_local_file_that_rotted_keeps_its_place(tier: CloudTier, archive: Archive) -> None:
    study = uid_of("dx-hand")
    tier.offload(study)
    path = archive.objects.path(tier.local(study)[0])
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(NotYet):
        tier.free(study)


def test_recall_of_one_series(tier: CloudTier, archive: Archive) -> None:
    study = uid_of("ct-head")
    tier.offload(study, free=True)
    packs = tier.record(study).packs
    assert len(packs) == 2
    moved = tier.recall(study, [packs[0].series])
    assert moved.instances == len(packs[0].instances)
    assert moved.bytes == packs[0].size
    assert set(tier.local(study)) == {one.uid for one in packs[0].instances}
    assert tier.recall(study, [packs[0].series]).instances == 0
    with pytest.raises(UsageError, match="no series"):
        tier.recall(study, ["1.2.3"])


def test_nothing_is_sent_or_fetched_twice(tier: CloudTier, store: LocalStore) -> None:
    study = uid_of("dx-hand")
    tier.offload(study)
    sent = store.requests.sent
    assert tier.offload(study).instances == 0
    assert store.requests.sent == sent
    received = store.requests.received
    assert tier.recall(study).instances == 0
    assert store.requests.received == received


@pytest.mark.parametrize("how", ["changed", "cut", "longer", "swapped", "deleted"])
def test_what_the_provider_did_is_found_and_named(
    tier: CloudTier, store: LocalStore, how: str
) -> None:
    study = uid_of("ct-head")
    tier.offload(study, free=True)
    one, two = (pack.name for pack in tier.record(study).packs)
    data = store.get(one)
    if how == "deleted":
        store.delete(one)
    else:
        store.put(one, {"changed": data[:-20] + b"!" + data[-19:], "cut": data[:-20],
                        "longer": data + b"!", "swapped": store.get(two)}[how])  # fmt: skip
    with pytest.raises(Damaged) as told:
        tier.recall(study)
    assert told.value.name == one
    assert [damaged.name for damaged in tier.verify(study)] == [one]
    here = set(tier.local(study))  # nothing of the damaged object, whatever of the other
    assert not here & {item.uid for item in tier.record(study).packs[0].instances}
    store.put(one, data)
    tier.recall(study)
    assert set(tier.local(study)) == set(tier.record(study).instances())


def test_a_store_that_changes_what_it_gets_is_not_believed(
    tier: CloudTier, store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = uid_of("dx-hand")
    put = store.put
    with monkeypatch.context() as patch:
        patch.setattr(store, "put", lambda name, data: put(name, data[:-1] + b"?"))
        with pytest.raises(Damaged):
            tier.offload(study, free=True)
    assert tier.local(study)
    assert store.objects() == []
    with pytest.raises(NotYet):
        tier.free(study)
    assert tier.offload(study, free=True).instances == len(sample("dx-hand").paths())


def test_rotation_sends_nothing_and_all_still_opens(tier: CloudTier, store: LocalStore) -> None:
    study = uid_of("dx-hand")
    tier.offload(study, free=True)
    sent = store.requests.puts
    assert tier.rotate() == 1
    assert store.requests.puts == sent
    assert tier.recall(study).instances


def test_shredding_is_of_the_key(
    tier: CloudTier, store: LocalStore, clock: Clock, tmp_path: Path
) -> None:
    study = uid_of("ct-head")
    tier.offload(study, free=True)
    record = tier.record(study)
    name = record.packs[0].name
    kept = store.get(name)  # the provider's backup
    shutil.copytree(tmp_path / "keys", tmp_path / "backup")  # and ours
    clock.forward(days=365 * 40)
    assert tier.shred(study, "retention is over").left == ()
    assert store.objects() == []
    with pytest.raises(UsageError):
        tier.recall(study)
    store.put(name, kept)
    with pytest.raises(KeyDestroyed):
        tier.keys.get(record.token)
    # A backup of the key folder undoes it, until master keys have been changed and it is gone.
    key = KeyFolder(tmp_path / "backup").get(record.token)
    assert b"".join(unseal([kept], key, name))
    tier.rotate()
    stolen = tmp_path / "backup" / "studies" / f"{record.token}.json"
    shutil.copy(stolen, tmp_path / "keys" / "studies" / stolen.name)
    with pytest.raises(UsageError):
        tier.keys.get(record.token)


def test_a_hold_and_retention_forbid_shredding(tier: CloudTier, clock: Clock) -> None:
    study = uid_of("ct-head")
    tier.offload(study)
    with pytest.raises(NotYet, match="kept until 20"):
        tier.shred(study, "space")
    clock.forward(days=365 * 40)
    tier.hold(study, "lawsuit 12/26")
    with pytest.raises(NotYet, match="lawsuit"):
        tier.shred(study, "space")
    tier.hold(study, "")
    tier.shred(study, "retention is over")
    assert [event["what"] for event in tier.events()][-1] == "shredded"


def test_where_nobody_said_how_long_nothing_is_shredded(
    archive: Archive, store: LocalStore, tmp_path: Path, clock: Clock
) -> None:
    tier = CloudTier(archive, store, KeyFolder(tmp_path / "k"), tmp_path / "t", clock=clock)
    tier.offload(uid_of("dx-hand"))
    clock.forward(days=365 * 200)
    with pytest.raises(NotYet, match="nobody has said"):
        tier.shred(uid_of("dx-hand"), "old")


def test_records_come_back_from_keys_and_store(
    tier: CloudTier, archive: Archive, store: LocalStore, tmp_path: Path, clock: Clock
) -> None:
    for slug in ("ct-head", "dx-hand"):
        tier.offload(uid_of(slug), free=True)
    tier.hold(uid_of("ct-head"), "lawsuit")
    before = tier.records()
    shutil.rmtree(tmp_path / "tier")
    again = made(archive, store, tmp_path, clock)
    assert again.records() == []
    assert again.rebuild() == []
    assert [(r.study, r.packs, r.hold, r.manifest) for r in again.records()] == [
        (r.study, r.packs, r.hold, r.manifest) for r in before
    ]
    assert again.recall(uid_of("ct-head")).instances
    store.delete(before[0].token)
    assert again.rebuild() == [before[0].token]


def test_a_manifest_swapped_for_another_does_not_open(tier: CloudTier, store: LocalStore) -> None:
    for slug in ("ct-head", "dx-hand"):
        tier.offload(uid_of(slug))
    one, two = (record.token for record in tier.records())
    store.put(one, store.get(two))
    with pytest.raises(Damaged, match=one):
        tier.rebuild()


@pytest.mark.parametrize("study", ["", "1.2\\1.3", "*", "1.2.3"])
def test_what_is_no_study_of_the_archive(tier: CloudTier, study: str) -> None:
    with pytest.raises(UsageError, match="no study"):
        tier.offload(study)
    assert tier.records() == []
    assert tier.keys.tokens() == []
