"""The lab's own archive as a source: searches come from its index, objects from its files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset

from labkit.common.errors import DataError
from labkit.dicomweb.attributes import element_of, returned
from labkit.dicomweb.dicom_json import to_json
from labkit.dicomweb.names import fuzzy_match
from labkit.dicomweb.reading import headers
from labkit.dicomweb.source import Instance, Json, Outcome, Page, Place, Search
from labkit.pacs.archive import Archive, DuplicateSopInstance, ObjectSink
from labkit.pacs.computed import COMPUTED
from labkit.pacs.entering import Entry
from labkit.pacs.header import read_header
from labkit.pacs.hidden import set_aside, shown, taken_by
from labkit.pacs.identifier import Query, Root, read_query
from labkit.pacs.keys import KEYS, Level
from labkit.pacs.matching import element_text, matcher_for
from labkit.pacs.part10 import file_meta, read_file_meta
from labkit.pacs.query import Match, count, find
from labkit.pacs.retrieval import Retrieval, objects_of

# Statuses of PS3.4 B.2.3 and PS3.7 C, as PS3.18 I.2.2 has them for Failure Reason.
_OUT_OF_RESOURCES, _CANNOT_UNDERSTAND, _DUPLICATE = 0xA700, 0xC000, 0x0111
_COERCED = 0xB000
_NOT_QIDO = (0x00080052, 0x00080054)


@dataclass(frozen=True)
class StoredInstance:
    """An object of the archive; implements `labkit.dicomweb.source.Instance`."""

    archive: Archive
    entry: Entry

    @property
    def place(self) -> Place:
        """Its UIDs."""
        entry = self.entry
        return Place(entry.study_instance_uid, entry.series_instance_uid, entry.sop_instance_uid)

    @property
    def sop_class_uid(self) -> str:
        """As stored."""
        return self.entry.sop_class_uid

    @property
    def transfer_syntax(self) -> str:
        """As stored."""
        return self.entry.transfer_syntax

    @property
    def patient_id(self) -> str:
        """As the archive knows it now."""
        return self.entry.patient_id

    @property
    def revision(self) -> str:
        """Another text whenever what `open` gives is another: objects do not change themselves."""
        entry = self.entry
        corrections = len(self.archive.decisions.corrections)
        return f"{entry.sop_instance_uid} {entry.number} {entry.size} {corrections}"

    @property
    def path(self) -> Path:
        """Its file."""
        return self.archive.objects.path(self.entry.sop_instance_uid)

    @property
    def modified(self) -> float:
        """When its file was written."""
        try:
            return self.path.stat().st_mtime
        except OSError:
            return 0.0

    def open(self) -> BinaryIO:
        """The file; with corrections of the patient applied where there are some."""
        try:
            if not len(self.archive.decisions.corrections):
                return self.archive.objects.open(self.entry.sop_instance_uid)
            data = self.archive.decisions.outgoing(self.path)
        except OSError as error:
            raise DataError(
                f"the archive has lost the file of {self.entry.sop_instance_uid}",
                remedy="Store the object again, or rebuild the index.",
            ) from error
        entry = self.entry
        meta = file_meta(
            entry.sop_class_uid, entry.sop_instance_uid, entry.transfer_syntax, entry.source
        )
        return BytesIO(meta + data)


class ArchiveSource:
    """Implements `labkit.dicomweb.source.Source` over an `Archive`.

    Parameters
    ----------
    archive
        May be in use by DIMSE services at the same time.
    sink
        Where objects are stored, if not into the archive.
    """

    at_hand = True

    def __init__(self, archive: Archive, sink: ObjectSink | None = None) -> None:
        self.archive = archive
        self._sink: ObjectSink = sink or archive

    def search(self, query: Search) -> Page:
        """Find by the index; attributes that it has not are read from an object of each match.

        A key that is empty in an object matches nothing but ``*`` (as other DICOMweb servers have
        it): a Required Key of a C-FIND would match it (PS3.4 C.2.2.1.2).
        """
        asked = read_query(_identifier(query), Root.STUDY, relational=True)
        fuzzy = _take_names(asked, query.keys) if query.fuzzy else {}
        if asked.others or fuzzy or query.visible is not None:
            return self._filtered(query, asked, fuzzy)
        matches = find(
            self.archive, asked, "", unknown_matches=False, offset=query.offset, limit=query.limit
        )
        remaining = 0
        if query.limit is not None:
            found = count(self.archive, asked, unknown_matches=False)
            remaining = max(found - query.offset - query.limit, 0)
        return Page(map(_json, matches), remaining, _ignored(asked))

    def _filtered(self, query: Search, asked: Query, fuzzy: dict[int, str]) -> Page:
        """Where each match has to be looked at, paging comes after it."""
        matches: Iterable[Match] = find(self.archive, asked, "", unknown_matches=False)
        visible = query.visible
        if visible is not None:
            seen = visible
            matches = (m for m in matches if shown(m, asked, self.archive, seen))
        if fuzzy:
            matches = (
                m for m in matches
                if all(fuzzy_match(text, m.answer.texts[tag][1]) for tag, text in fuzzy.items())
            )  # fmt: skip
        rest = islice(matches, query.offset, None)
        if query.limit is None:
            return Page(map(_json, rest), 0, _ignored(asked))
        page = [_json(match) for match in islice(rest, query.limit)]
        return Page(page, sum(1 for _ in rest), _ignored(asked))

    def instances(self, place: Place) -> Iterator[Instance]:
        """Go through the objects of a place, in the order received."""
        for entry in self._entries(place):
            yield StoredInstance(self.archive, entry)

    def metadata(self, place: Place) -> Iterator[tuple[Instance, Dataset]]:
        """Go through the headers of a place."""
        return headers(self, place)

    def _entries(self, place: Place) -> list[Entry]:
        uids = ((Level.STUDY, place.study), (Level.SERIES, place.series),
                (Level.IMAGE, place.instance))  # fmt: skip
        keys = {level: matcher_for("UI", uid) for level, uid in uids if uid}
        return objects_of(self.archive, Retrieval(max(keys, key=lambda e: e.depth), keys))

    def store(self, file: BinaryIO) -> Outcome:
        """Keep an object."""
        place, sop_class = Place(), ""
        try:
            meta = read_file_meta(file)
            data = file.read()
            head = read_header(data, meta.transfer_syntax)
            place = Place(head["StudyInstanceUID"], head["SeriesInstanceUID"],
                          head["SOPInstanceUID"])  # fmt: skip
            sop_class = head["SOPClassUID"]
            stored = self._sink.add(data, transfer_syntax=meta.transfer_syntax, header=head)
        except DuplicateSopInstance as error:
            return Outcome(place, sop_class, _DUPLICATE, text=error.message)
        except DataError as error:
            return Outcome(place, sop_class, _CANNOT_UNDERSTAND, text=error.message)
        except OSError as error:
            text = f"the archive cannot write ({error.strerror})"
            return Outcome(place, sop_class, _OUT_OF_RESOURCES, text=text)
        return Outcome(place, sop_class, warning=_COERCED if stored.outcome == "coerced" else 0)

    def taken_by(self, sop_instance_uid: str) -> tuple[str, str] | None:
        """Patient ID and Study Instance UID of the object that has this UID."""
        return taken_by(self.archive, sop_instance_uid)

    def set_aside(self, file: BinaryIO) -> None:
        """Keep an object, in no index, whose UID is taken by one that is hidden."""
        set_aside(self.archive.root, [file.read()])

    def remove(self, place: Place) -> int:
        """Delete."""
        return sum(self.archive.remove(entry.sop_instance_uid) for entry in self._entries(place))

    def version(self, place: Place) -> str:
        """A digest of what is there: objects are never changed, only corrected, added, removed."""
        digest = hashlib.sha256(str(len(self.archive.decisions.corrections)).encode())
        entries = self._entries(place)
        if not entries:
            return ""
        for entry in entries:
            digest.update(f"{entry.sop_instance_uid} {entry.number} {entry.size};".encode())
        return digest.hexdigest()[:32]


def _identifier(query: Search) -> Dataset:
    """The search as the identifier of a C-FIND, with all that is to be returned."""
    identifier = Dataset()
    identifier.update(query.keys)
    identifier.QueryRetrieveLevel = query.level.value
    keywords = returned(
        query.level,
        study=bool(query.keys.get("StudyInstanceUID")),
        series=bool(query.keys.get("SeriesInstanceUID")),
    )
    if query.everything:
        depth = query.level.depth
        keywords += [key.keyword for key in KEYS if key.level.depth <= depth]
        keywords += [
            k for k, c in COMPUTED.items()
            if c.level.depth <= depth and c.level is not Level.PATIENT
        ]  # fmt: skip
    for keyword in keywords:
        if keyword not in identifier:
            setattr(identifier, keyword, None)
    return identifier


def _take_names(asked: Query, keys: Dataset) -> dict[int, str]:
    """Take names out of the index's conditions: tag → what is to be found, by likeness."""
    names = [k for k in asked.conditions if k in keys and keys[k].VR == "PN"]
    for keyword in names:
        del asked.conditions[keyword]
    return {tag_for_keyword(keyword) or 0: element_text(keys[keyword]) for keyword in names}


def _ignored(asked: Query) -> list[str]:
    return [f"{reason}; it was not matched" for reason in asked.ignored]


def _json(match: Match) -> Json:
    answer = match.answer
    stored = Dataset()
    for element in answer.elements.values():
        stored.add(element)
    found = to_json(stored)
    for tag, (vr, text) in answer.texts.items():
        if tag not in _NOT_QIDO:
            found[f"{tag:08X}"] = element_of(vr, text)
    return dict(sorted(found.items()))
