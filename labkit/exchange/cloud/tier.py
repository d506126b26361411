"""An archive on premise with a tier in the cloud that cannot read what it holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from labkit.common.errors import UsageError
from labkit.exchange.cloud.errors import NotYet
from labkit.exchange.cloud.keeping import Keeping
from labkit.exchange.cloud.local_side import first_record, held, put_back
from labkit.exchange.cloud.packing import Packed
from labkit.exchange.cloud.records import Record


@dataclass(frozen=True)
class Moved:
    """What a transfer took.

    Attributes
    ----------
    study
        Study Instance UID.
    instances
        How many were moved now.
    sent, found
        Parts that were sent now, and that the store had from an earlier attempt.
    bytes
        Of the objects in the store that were written or read.
    """

    study: str
    instances: int = 0
    sent: int = 0
    found: int = 0
    bytes: int = 0


class CloudTier(Keeping):
    """Studies go to an object store and come back; keys and names stay here.

    Parameters
    ----------
    archive
        On premise. No local copy is removed before the store's copy was read back and compared.
    store
        Where sealed objects go.
    key
        The folder of keys, on premise.
    folder
        Records, spool and journal of this tier. One tier owns a folder at a time.
    clock
        What time it is, with its zone.
    retention
        How long a study has to be kept; ``None``: nobody has said, and nothing may be deleted.
    """

    def offload(self, study: str, *, free: bool = False) -> Moved:
        """Send what is here of a study and not there yet; go on where an attempt was cut off.

        Parameters
        ----------
        free
            Remove the local copy afterwards (`free`).

        Raises
        ------
        StoreUnreachable
            The line was cut. Nothing is lost; call it again.
        Damaged
            What the store gives back is not what was sent; it is deleted there, and sent the next
            time.
        """
        with self._lock:
            record = self._records.get(study) or self._first(study)
            record = self._seal_new(record)
            moved = Moved(study)
            for pack in record.packs:
                if pack.stage == "sealed":
                    took = self._spool.send(pack)
                    record = self._records.save(record.with_pack(replace(pack, stage="proven")))
                    self._spool.drop(pack.name)
                    moved = Moved(
                        study,
                        moved.instances + len(pack.instances),
                        moved.sent + took.sent,
                        moved.found + took.found,
                        moved.bytes + pack.size,
                    )
            if moved.instances or not record.manifest:
                record = self._write_manifest(replace(record, used=self._now()))
                self._note("sent", record)
            if free:
                self.free(study)
            return moved

    def free(self, study: str) -> int:
        """Remove the local copy of a study; how many instances.

        Raises
        ------
        NotYet
            Not all of what is here has been proven to be there.
        """
        with self._lock:
            record = self.record(study)
            there = record.instances()
            here = held(self.archive, study)
            unproven = [
                entry.sop_instance_uid
                for entry in here
                if there.get(entry.sop_instance_uid)
                != Packed.of(
                    entry.sop_instance_uid, self.archive.objects.path(entry.sop_instance_uid)
                )
            ]
            if unproven or not record.proven:
                raise NotYet(
                    f"the local copy stays: {len(unproven)} instances are not proven in the cloud"
                    if unproven
                    else "the local copy stays: the upload is not ended",
                    remedy="Call tier.offload(study) first.",
                )
            self.keys.get(record.token)  # without its key there is no copy in the cloud
            for entry in here:
                self.archive.remove(entry.sop_instance_uid)
            self._note("freed", record)
            return len(here)

    def recall(self, study: str, series: Iterable[str] = ()) -> Moved:
        """Have a study back, or some series of it; what is here already is not fetched.

        Raises
        ------
        Damaged
            An object was changed or swapped. None of its instances enter the archive.
        KeyDestroyed
            It was shredded.
        StoreUnreachable
            The line was cut; what has come is kept, and the rest is fetched the next time.
        """
        with self._lock:
            record = self.record(study)
            key = self.keys.get(record.token)
            wanted = set(series)
            unknown = wanted - {pack.series for pack in record.packs}
            if unknown:
                raise UsageError(
                    f"there is no series {sorted(unknown)[0]} of this study in the cloud",
                    remedy="See tier.record(study).packs.",
                )
            here = set(self.local(study))
            moved = Moved(study)
            for pack in record.packs:
                if pack.stage != "proven" or (wanted and pack.series not in wanted):
                    continue
                if here >= {one.uid for one in pack.instances}:
                    continue
                count = put_back(self.archive, self._spool.fetch(pack, key), pack.name)
                self._spool.drop(pack.name)
                moved = replace(
                    moved, instances=moved.instances + count, bytes=moved.bytes + pack.size
                )
            self._records.save(replace(record, used=self._now()))
            self._note("recalled", record)
            return moved

    def _first(self, study: str) -> Record:
        token = self._spool.new_name()
        record = first_record(self.archive, study, token, self._now())
        self.keys.new(token)
        return self._records.save(record)

    def _seal_new(self, record: Record) -> Record:
        """Seal what is here and in no pack yet; packs whose sealed file is gone are made again."""
        lost = [p for p in record.packs if p.stage == "sealed" and not self._spool.has(p)]
        for pack in lost:
            self.store.abort(pack.name)
        kept = tuple(pack for pack in record.packs if pack not in lost)
        record = replace(record, packs=kept)
        key = self.keys.get(record.token)
        there = record.instances()
        new: dict[str, list[tuple[Packed, Path]]] = {}
        for entry in held(self.archive, record.study):
            path = self.archive.objects.path(entry.sop_instance_uid)
            one = Packed.of(entry.sop_instance_uid, path)
            if there.get(one.uid) != one:
                new.setdefault(entry.series_instance_uid, []).append((one, path))
        for series, instances in sorted(new.items()):
            pack = self._spool.seal(series, instances, key)
            record = self._records.save(record.with_pack(pack))
        return record
