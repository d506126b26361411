"""Durability, versions, threads, backup."""

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from labkit.common.errors import LabError
from labkit.fhir import FhirStore

PATIENT = {"resourceType": "Patient", "name": [{"family": "Rossi"}]}


def test_versions_are_kept_and_a_deletion_is_one(store: FhirStore) -> None:
    made = store.create(PATIENT)
    again, new = store.put({**PATIENT, "id": made.id, "active": True})
    assert (again.version, new) == (2, False)
    gone = store.delete("Patient", made.id)
    assert gone is not None
    assert (gone.version, gone.deleted) == (3, True)
    assert store.delete("Patient", made.id) == store.read("Patient", made.id)
    assert store.delete("Patient", "never") is None
    first = store.read("Patient", made.id, "1")
    assert first is not None
    assert "active" not in first.resource


def test_meta_of_the_client_stays_but_for_what_the_server_says(store: FhirStore) -> None:
    meta = {"versionId": "77", "lastUpdated": "1999-01-01T00:00:00Z", "source": "http://a.test"}
    stored = store.create({**PATIENT, "meta": meta})
    assert stored.resource["meta"] == {
        "versionId": "1",
        "lastUpdated": stored.updated,
        "source": "http://a.test",
    }
    assert stored.updated.startswith("2026-01-15T08:00")


def test_a_transaction_happens_whole_or_not_at_all(store: FhirStore) -> None:
    with pytest.raises(RuntimeError), store.transaction():
        store.create(PATIENT)
        with store.transaction():
            store.create(PATIENT)
        raise RuntimeError
    assert store.query("SELECT count(*) FROM resource", []) == [(0,)]
    assert store.query("SELECT count(*) FROM ix_string", []) == [(0,)]
    assert store.create(PATIENT).id == "1"


def test_many_threads_get_an_id_each(store: FhirStore) -> None:
    ids: list[str] = []

    def work() -> None:
        for _ in range(10):
            ids.append(store.create(PATIENT).id)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids)) == 80


def test_backup_and_restore_while_in_use(store: FhirStore, tmp_path: Path) -> None:
    store.create(PATIENT)
    store.backup(tmp_path / "seed.sqlite")
    store.create(PATIENT)
    store.delete("Patient", "1")
    store.restore(tmp_path / "seed.sqlite")
    assert [row[0] for row in store.query("SELECT id FROM resource", [])] == ["1"]
    assert store.create(PATIENT).id == "2"
    again = FhirStore(store.path)
    assert again.read("Patient", "2") is not None
    again.close()


@pytest.mark.parametrize("content", [b"this is no database" * 100, b""])
def test_a_file_that_is_no_store(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "fhir.sqlite"
    path.write_bytes(content)
    if not content:  # an empty file is a new store
        FhirStore(path).close()
        return
    with pytest.raises(LabError, match=r"cannot be opened") as caught:
        FhirStore(path)
    assert "reset" in caught.value.remedy


def test_a_store_of_another_time(tmp_path: Path) -> None:
    path = tmp_path / "fhir.sqlite"
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version=99")
    db.close()
    with pytest.raises(LabError, match="schema is 99"):
        FhirStore(path)


WRITER = """
import sys
from pathlib import Path
from labkit.fhir import FhirStore
store = FhirStore(Path(sys.argv[1]))
while True:
    print(store.create({"resourceType": "Patient", "active": True}).id, flush=True)
"""


@pytest.mark.parametrize("after", [1, 7, 40])
def test_killed_it_keeps_every_acknowledged_resource(tmp_path: Path, after: int) -> None:
    path = tmp_path / "fhir.sqlite"
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline().strip() for _ in range(after)]
        process.kill()
        said += process.stdout.read().split()
    store = FhirStore(path)
    for id_ in said:
        stored = store.read("Patient", id_)
        assert stored is not None
        assert stored.resource["active"] is True
    assert store.query("PRAGMA integrity_check", []) == [("ok",)]
    orphans = "SELECT count(*) FROM resource r WHERE NOT EXISTS (SELECT 1 FROM version v WHERE v.pk = r.pk AND v.version = r.version)"  # noqa: E501
    assert store.query(orphans, []) == [(0,)]
    store.close()
