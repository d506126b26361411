"""What the access policy hides: how services keep from telling of it.

Something hidden is answered as if it were not there. That takes more than leaving out matches: a
count counts it, an answer about a patient may be read from one of its objects, and a UID that is
taken tells that something has it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from labkit.pacs.answer import Answer
from labkit.pacs.archive import Archive
from labkit.pacs.durable import sync_directory, write_synced
from labkit.pacs.identifier import Query
from labkit.pacs.keys import Level
from labkit.pacs.query import Match

Visible = Callable[[str, str], bool]
"""Whether a patient's study may be seen: from Patient ID and Study Instance UID."""
FRESH = 0.4
"""Seconds that an answer of the policy is taken for the same request."""
_COUNTS = {0x00201200: 0, 0x00201202: 1, 0x00201204: 2}
"""Number of Patient Related Studies, Series and Instances."""


def remembered(ask: Visible) -> Visible:
    """Ask for each study once in `FRESH` seconds: retrievals are long, and leave is withdrawn."""
    known: dict[tuple[str, str], tuple[float, bool]] = {}

    def visible(patient_id: str, study: str) -> bool:
        key = patient_id, study
        asked, answer = known.get(key, (-FRESH, False))
        now = time.monotonic()
        if now - asked >= FRESH:
            answer = ask(patient_id, study)
            known[key] = now, answer
        return answer

    return visible


def shown(match: Match, query: Query, archive: Archive, visible: Visible) -> bool:
    """Whether a match of a query may be answered; its counts are made to count what is visible.

    A patient is there if one of the studies is. Where another is hidden, what was read from an
    object is left out, and so is a match that such a value was looked for: it may be the hidden
    one's.
    """
    whole = query.level is Level.PATIENT
    if not whole and not visible(match.patient_id, match.study_instance_uid):
        return False
    counted = _COUNTS.keys() & match.answer.texts.keys()
    if not whole and not counted:
        return True
    rows = _studies_of(archive, match.patient_id)
    seen = [row for row in rows if visible(match.patient_id, row[0])]
    for tag in counted:
        column = _COUNTS[tag]
        number = sum(row[column] if column else 1 for row in seen)  # type: ignore[misc]
        match.answer.texts[tag] = ("IS", str(number))
    if len(seen) == len(rows) or not whole:
        return bool(seen)
    _blank(match.answer)
    return bool(seen) and not query.others


def _blank(answer: Answer) -> None:
    for tag, element in answer.elements.items():
        answer.texts[tag] = (str(element.VR), "")
    answer.elements.clear()


def _studies_of(archive: Archive, patient_id: str) -> list[tuple[str, int, int]]:
    """Each study of a patient: its UID, and how many series and instances it has."""
    sql = (
        "SELECT study.q_StudyInstanceUID, "
        "(SELECT count(*) FROM series WHERE series.study = study.pk), "
        "(SELECT count(*) FROM instance JOIN series ON instance.series = series.pk "
        "WHERE series.study = study.pk) FROM study WHERE study.q_PatientID = ?"
    )
    with archive.index.reader() as reader:
        return [(str(u), int(s), int(i)) for u, s, i in reader.execute(sql, [patient_id])]


def taken_by(archive: Archive, sop_instance_uid: str) -> tuple[str, str] | None:
    """Patient ID and Study Instance UID of the object that has a UID; ``None`` if none has."""
    held = archive.get(sop_instance_uid)
    return (held.entry.patient_id, held.entry.study_instance_uid) if held else None


def set_aside(folder: Path, parts: Iterable[bytes | memoryview]) -> Path:
    """Keep an object whose UID another has that its sender must not know of.

    A refusal would tell the sender that the UID is taken. So the object is kept, where an
    administrator finds it, and in no index.

    Parameters
    ----------
    folder
        Of the archive.
    parts
        The Part 10 file, in pieces.

    Returns
    -------
    Path
        The file, which is durable. The same object again is the same file.

    Raises
    ------
    OSError
        It cannot be written.
    """
    data = b"".join(bytes(part) for part in parts)
    kept = folder / "conflicts"
    kept.mkdir(parents=True, exist_ok=True)
    path = kept / f"{hashlib.sha256(data).hexdigest()}.dcm"
    if not path.exists():
        part = path.with_suffix(f".{time.monotonic_ns()}.part")
        write_synced(part, [data])
        part.replace(path)
        sync_directory(kept)
        sync_directory(folder)
    return path
