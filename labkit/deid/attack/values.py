"""Attacks on numbers: identifiers, their hashes, UIDs, dates."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator

from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from labkit.deid.attack.model import Attack, Loot, Planted, parts
from labkit.deid.attack.plants import (
    ACCOMPLICE_DATE,
    BIRTH_DATE,
    DEVICE_SERIAL,
    ID_SPACE,
    STUDY_DATE,
    STUDY_TIME,
)
from labkit.deid.attack.texts import spot

_HASHES = ("md5", "sha1", "sha256", "sha512")
#: What a hash may look like: hexadecimal, a number, Base64; perhaps cut.
_DIGEST = re.compile(r"[0-9a-f]{8,128}|[0-9]{8,160}|[0-9a-z+/]{20,88}={0,2}")
_IDENTIFIERS = (
    "PatientID", "PatientName", "AccessionNumber", "StudyID", "ClinicalTrialSubjectID",
    "OtherPatientIDs",
)  # fmt: skip


def _patient_id(planted: Planted, loot: Loot) -> str:
    where = spot(loot, planted.plants.patient_id)
    return f"Patient ID in {where}" if where else ""


def _hashed_id(planted: Planted, loot: Loot) -> str:
    """Hash every Patient ID that the hospital can have given, and compare."""
    seen = {str(part.get(k, "")).casefold() for _, part in loot.elements() for k in _IDENTIFIERS}
    seen |= {match for file in loot.files if file.ds is None for match in _hex(file.texts)}
    wanted = {value for value in seen if _DIGEST.fullmatch(value)}
    lengths = {len(value) for value in wanted}
    true = planted.plants.patient_id
    for guess in (f"P{number:05d}" for number in range(ID_SPACE) if lengths):
        for text in (guess, guess.lower()):
            for name in _HASHES:
                digest = hashlib.new(name, text.encode(), usedforsecurity=False).digest()
                shown = _written(digest)
                if guess == true and any(s[:n] in wanted for s in shown for n in lengths):
                    return f"{name} of the Patient ID"
    return ""


def _written(digest: bytes) -> tuple[str, ...]:
    number = str(int.from_bytes(digest, "big"))
    return digest.hex(), number, base64.b64encode(digest).decode().casefold()


def _hex(texts: tuple[str, ...]) -> Iterator[str]:
    for text in texts:
        yield from re.findall(r"\b[0-9a-f]{16,128}\b", text)


def _uid_values(ds: Dataset) -> Iterator[str]:
    for part in parts(ds):
        for element in part:
            if element.VR == "UI" and element.value:
                values = [element.value] if isinstance(element.value, str) else element.value
                yield from map(str, values)


def _uids_at(*keywords: str) -> object:
    def run(planted: Planted, loot: Loot) -> str:
        for file, part in loot.elements():
            for keyword in keywords:
                if str(part.get(keyword, "")) in planted.uids:
                    return f"{keyword} in {file.name}"
        return ""

    return run


def _any_uid(planted: Planted, loot: Loot) -> str:
    """Look for an original UID as text too: in reports, in private elements, in JSON."""
    for file in loot.files:
        for body in file.texts:
            for found in re.findall(r"2\.999\.[0-9.]+", body):
                if found.rstrip(".") in planted.uids:
                    return f"an original UID in {file.name}"
    return ""


def _meta_uid(planted: Planted, loot: Loot) -> str:
    for file in loot.files:
        meta = getattr(file.ds, "file_meta", None)
        if meta is not None and str(meta.get("MediaStorageSOPInstanceUID", "")) in planted.uids:
            return f"Media Storage SOP Instance UID in {file.name}"
    return ""


def _hashed_uid(planted: Planted, loot: Loot) -> str:
    """Make of each UID in the PACS what well-known recipes make of it, and compare."""
    known: dict[str, str] = {}
    for uid in planted.uids:
        known[str(generate_uid(entropy_srcs=[uid]))] = "pydicom generate_uid"
        known[str(generate_uid(prefix=None, entropy_srcs=[uid]))] = "pydicom generate_uid"
        for name in _HASHES:
            digest = hashlib.new(name, uid.encode(), usedforsecurity=False).digest()
            number = int.from_bytes(digest[:16], "big")
            known[f"2.25.{number}"] = f"2.25. and {name}"
            known[f"2.25.{int.from_bytes(digest, 'big')}"[:64]] = f"2.25. and {name}"
    for ds in loot.datasets:
        for uid in _uid_values(ds):
            if uid in known:
                return known[uid]
    return ""


def _uid_serial(planted: Planted, loot: Loot) -> str:
    for file in loot.files:
        for uid in _uid_values(file.ds) if file.ds is not None else ():
            if DEVICE_SERIAL in uid or STUDY_DATE in uid:
                return f"a UID in {file.name}"
    return ""


def _detector(planted: Planted, loot: Loot) -> str:
    for file, part in loot.elements():
        for keyword in ("DetectorID", "DeviceSerialNumber", "PlateID", "GantryID"):
            if DEVICE_SERIAL in str(part.get(keyword, "")):
                return f"{keyword} in {file.name}"
    return ""


def _ways(date: str) -> tuple[str, ...]:
    year, month, day = date[:4], date[4:6], date[6:]
    return (f"{year}-{month}-{day}", f"{day}.{month}.{year}", f"{day}/{month}/{year}",
            f"{month}/{day}/{year}")  # fmt: skip


def _dates_of(ds: Dataset) -> Iterator[tuple[str, str]]:
    for part in parts(ds):
        for element in part:
            if element.VR in ("DA", "DT") and element.value:
                yield element.keyword, str(element.value)


def _date(wanted: str) -> object:
    def run(planted: Planted, loot: Loot) -> str:
        for file in loot.files:
            for keyword, value in _dates_of(file.ds) if file.ds is not None else ():
                if value.startswith(wanted):
                    return f"{keyword} in {file.name}"
        return ""

    return run


def _date_in_text(planted: Planted, loot: Loot) -> str:
    for date in (STUDY_DATE, BIRTH_DATE):
        for way in _ways(date):
            where = spot(loot, way)
            if where:
                return f"{way} in {where}"
    return ""


def _time(planted: Planted, loot: Loot) -> str:
    where = spot(loot, STUDY_TIME)
    return f"time to the millisecond in {where}" if where else ""


def _date_shift(planted: Planted, loot: Loot) -> str:
    """Take the shift of the attacker's own examination for the victim's."""
    own = loot.carried(planted.carriers["accomplice"])
    victim = loot.carried(planted.carriers["radiograph"])
    for mine in own:
        for ds in victim:
            try:
                shift = _day(mine.StudyDate) - _day(ACCOMPLICE_DATE)
                found = _day(ds.StudyDate) - shift == _day(STUDY_DATE)
            except (AttributeError, TypeError, ValueError):
                continue
            if found:
                return f"both are shifted by {shift} days"
    return ""


def _day(value: str) -> int:
    from datetime import date

    text = str(value)
    return date(int(text[:4]), int(text[4:6]), int(text[6:8])).toordinal()


def _age(planted: Planted, loot: Loot) -> str:
    for file, part in loot.elements():
        if str(part.get("PatientAge", "")) == "092Y":
            return f"an age over 89 in {file.name}"
    return ""


def _body(planted: Planted, loot: Loot) -> str:
    for file, part in loot.elements():
        if str(part.get("PatientWeight", "")).startswith("143.7") or (
            str(part.get("PatientSize", "")).startswith("2.06")
        ):
            return f"height or weight in {file.name}"
    return ""


def _file_times(planted: Planted, loot: Loot) -> str:
    times = {path.stat().st_mtime for path in planted.files}
    where = next((file.name for file in loot.files if file.modified in times), "")
    return f"{where} was modified when it was acquired" if where else ""


def value_attacks() -> list[Attack]:
    """Return the attacks on numbers."""
    rows = (
        ("patient-id", "Identifiers", "read the Patient ID, anywhere", "", _patient_id, "naive"),
        ("hashed-ids", "Identifiers",
         f"hash all {ID_SPACE} Patient IDs that there can be", "", _hashed_id, "hashing"),
        ("study-uid", "UIDs", "ask the PACS for the study", "",
         _uids_at("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"), "naive"),
        ("reference-uids", "UIDs", "follow references to the original objects", "",
         _uids_at("ReferencedSOPInstanceUID", "UID"), "naive"),
        ("frame-of-reference", "UIDs", "match the frame of reference with the PACS", "",
         _uids_at("FrameOfReferenceUID", "ReferencedFrameOfReferenceUID"), "naive"),
        ("uids-anywhere", "UIDs", "look for original UIDs in text, private elements, JSON", "",
         _any_uid, "naive"),
        ("file-meta-uid", "UIDs", "read Media Storage SOP Instance UID", "", _meta_uid, "naive"),
        ("hashed-uids", "UIDs", "hash the PACS's UIDs by known recipes", "", _hashed_uid,
         "hashing"),
        ("uid-serial", "UIDs", "read serial number and time inside UIDs", "", _uid_serial,
         "naive"),
        ("detector-serial", "Header", "read the serial number of the detector", "radiograph",
         _detector, "naive"),
        ("study-date", "Dates", "read the day", "", _date(STUDY_DATE), "naive"),
        ("birth-date", "Dates", "read the birthday", "", _date(BIRTH_DATE), "naive"),
        ("dates-in-text", "Dates", "read dates in text and JSON", "", _date_in_text, "naive"),
        ("time-of-day", "Dates", "compare the time with the access log", "", _time, "naive"),
        ("date-shift", "Dates", "shift back by what the attacker's own examination was shifted",
         "accomplice", _date_shift, "hashing"),
        ("age-over-89", "Dates", "read an age that few have", "radiograph", _age, "naive"),
        ("height-and-weight", "Header", "read a height and weight that few have", "radiograph",
         _body, "naive"),
        ("file-times", "File", "read when files were modified", "", _file_times, "copy"),
    )  # fmt: skip
    return [
        Attack(name, group, what, carrier, run, proof)  # type: ignore[arg-type]
        for name, group, what, carrier, run, proof in rows
    ]
