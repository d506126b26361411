"""What the house knows of each study in the cloud; and, encrypted, the manifest in the store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from labkit.common.errors import DataError
from labkit.exchange.cloud.packing import Packed
from labkit.pacs.durable import replace_synced, sync_directory

Stage = Literal["sealed", "proven"]


@dataclass(frozen=True)
class Pack:
    """One object in the store.

    Attributes
    ----------
    name
        Its name there: 128 random bits, which say nothing.
    series
        Series Instance UID.
    modality
        Modality (0008,0060).
    instances
        What is in it.
    size, sha256
        Of the sealed bytes, as they were sent.
    stage
        ``"sealed"``: made, and perhaps on its way; ``"proven"``: read back, and the same.
    """

    name: str
    series: str
    modality: str
    instances: tuple[Packed, ...]
    size: int
    sha256: str
    stage: Stage = "sealed"


@dataclass(frozen=True)
class Record:
    """A study that is in the cloud, or on its way.

    Attributes
    ----------
    token
        Name of its key, and of its manifest in the store.
    study, patient, issuer, birth_date, study_date, description, accession
        As the archive had them; dates as DICOM writes them.
    packs
        Its objects.
    manifest
        SHA-256 of the sealed manifest that is proven; ``""`` if none is yet.
    used
        When it was last sent or recalled (ISO 8601).
    hold
        Why it may not be deleted by anybody; ``""`` if there is no legal hold.
    """

    token: str
    study: str
    patient: str = ""
    issuer: str = ""
    birth_date: str = ""
    study_date: str = ""
    description: str = ""
    accession: str = ""
    packs: tuple[Pack, ...] = field(default_factory=tuple)
    manifest: str = ""
    used: str = ""
    hold: str = ""

    @property
    def proven(self) -> bool:
        """Whether all of it, manifest included, has been read back from the store."""
        return bool(self.packs and self.manifest) and all(p.stage == "proven" for p in self.packs)

    @property
    def size(self) -> int:
        """Bytes in the store, without the manifest."""
        return sum(pack.size for pack in self.packs)

    def instances(self) -> dict[str, Packed]:
        """SOP Instance UID to what was packed."""
        return {one.uid: one for pack in self.packs for one in pack.instances}

    def with_pack(self, new: Pack) -> Record:
        """The same with a pack added, or replaced by its name. Its manifest is then an old one."""
        others = [pack for pack in self.packs if pack.name != new.name]
        return replace(self, packs=(*others, new), manifest="")

    def encoded(self) -> bytes:
        """As JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def decoded(cls, data: bytes) -> Record:
        """Read what `encoded` wrote.

        Raises
        ------
        DataError
            It is none.
        """
        try:
            said: dict[str, Any] = json.loads(data)
            packs = tuple(_pack(each) for each in said.pop("packs"))
            return cls(**said, packs=packs)
        except (ValueError, TypeError, KeyError) as error:
            raise DataError(
                f"a record of the cloud tier cannot be read ({error})",
                remedy="Make the records again from the store: CloudTier.rebuild().",
            ) from error


def _pack(said: Mapping[str, Any]) -> Pack:
    instances = tuple(Packed(**each) for each in said["instances"])
    return Pack(**{**said, "instances": instances})


class Records:
    """One file a study, each replaced as a whole."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._held = {
            record.study: record
            for path in sorted(folder.glob("*.json"))
            for record in [Record.decoded(path.read_bytes())]
        }

    def all(self) -> list[Record]:
        """Every study, in the order of their UIDs."""
        return [self._held[study] for study in sorted(self._held)]

    def get(self, study: str) -> Record | None:
        """What is known of a study."""
        return self._held.get(study)

    def save(self, record: Record) -> Record:
        """Keep it; it is on the disk when this returns."""
        replace_synced(self.folder / f"{record.token}.json", record.encoded())
        self._held[record.study] = record
        return record

    def remove(self, record: Record) -> None:
        """Forget a study."""
        (self.folder / f"{record.token}.json").unlink(missing_ok=True)
        sync_directory(self.folder)
        self._held.pop(record.study, None)
