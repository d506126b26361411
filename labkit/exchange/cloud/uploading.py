"""A STOW-RS uploader with a journal: killed or cut off at any point, it goes on (PS3.18 10.5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydicom.dataset import Dataset

from labkit.common.errors import DataError, HttpError, UsageError
from labkit.dicomweb.client import DicomwebClient
from labkit.exchange.cloud.packing import Packed
from labkit.pacs.header import read_header
from labkit.pacs.journal import Journal
from labkit.pacs.part10 import read_object

_OF_THE_CONTENT = (400, 409, 413, 415, 422)
State = Literal["waiting", "stored", "changed", "failed"]


@dataclass(frozen=True)
class Item:
    """One instance to send.

    Attributes
    ----------
    uid, study
        SOP and Study Instance UID.
    path
        Its Part 10 file.
    sha256
        Of the file: what was acknowledged counts for these bytes only.
    """

    uid: str
    study: str
    path: Path
    sha256: str


@dataclass(frozen=True)
class Told:
    """What the server said of an instance.

    Attributes
    ----------
    state
        ``"stored"``, or ``"changed"``: stored with a warning (Warning Reason, B000 and its like);
        ``"failed"``: in Failed SOP Sequence; ``"waiting"``: nothing was said of it.
    reason
        Failure Reason (0008,1197) or Warning Reason (0008,1196), 0 if none.
    """

    uid: str
    state: State
    reason: int = 0
    text: str = ""


@dataclass(frozen=True)
class Report:
    """How an upload stands.

    Attributes
    ----------
    stored
        How many were acknowledged, in all attempts.
    sent
        How many were sent in this one.
    found
        Of the stored: how many the server had already when it was asked after a cut.
    failed
        What the server refused, with its reason.
    changed
        What it stored with a warning.
    waiting
        SOP Instance UIDs of which nothing is known.
    """

    stored: int
    sent: int
    found: int
    failed: tuple[Told, ...]
    changed: tuple[Told, ...]
    waiting: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether all were acknowledged."""
        return not self.failed and not self.waiting


class Uploader:
    """Sends files by STOW-RS in batches.

    Parameters
    ----------
    source
        Part 10 files.
    dicomweb
        Where to.
    journal
        File of what was sent and what was acknowledged; one uploader at a time.
    batch
        Instances a request, and `batch_bytes` bytes, whichever is reached first.
    clock
        What time it is, for the journal.
    ask
        Whether the server is asked (QIDO-RS) which instances of a batch it has, where a batch was
        sent and no answer came. Without it they are sent again, which a server that keeps to
        PS3.4 B.2 stores once.

    Notes
    -----
    A batch is written to the journal before it is sent and its answer after it came. What lies
    between is unknown, and is asked for. An instance counts as sent only when the server has named
    it in Referenced SOP Sequence, or has listed it when asked. A search compares UIDs, not bytes:
    that another object has this UID is found out only with ``ask=False``, where it is sent again.
    """

    def __init__(
        self,
        source: Iterable[Path],
        dicomweb: DicomwebClient,
        journal: Path,
        *,
        clock: Callable[[], datetime],
        batch: int = 50,
        batch_bytes: int = 64 << 20,
        ask: bool = True,
    ) -> None:
        if batch < 1 or batch_bytes < 1:
            raise UsageError("a batch has no instances", remedy="Give 1 or more.")
        self._items = _items(source)
        self._web = dicomweb
        self._journal = Journal(journal)
        self._clock = clock
        self._batch, self._batch_bytes, self._ask = batch, batch_bytes, ask
        self._told: dict[str, Told] = {}
        self._unsure: set[str] = set()
        self._sent = self._found = 0
        for line in self._journal.lines():
            self._remember(line)

    def run(self, *, again: bool = False) -> Report:
        """Send what was not acknowledged.

        Parameters
        ----------
        again
            Send what the server refused once more too.

        Raises
        ------
        NetworkError
            The line was cut, or the server failed as a whole. Call it again.
        """
        self._sent = self._found = 0
        if self._ask and self._unsure:
            self._ask_for(item for item in self._items if item.uid in self._unsure)
        for batch in self._batches(again=again):
            self._send(batch)
        return self.report()

    def report(self) -> Report:
        """How it stands, from the journal alone."""
        said = [self._told.get(item.uid) for item in self._items]
        known = [told for told in said if told is not None]
        waiting = [i.uid for i, told in zip(self._items, said, strict=True) if told is None]
        return Report(
            stored=sum(told.state in ("stored", "changed") for told in known),
            sent=self._sent,
            found=self._found,
            failed=tuple(told for told in known if told.state == "failed"),
            changed=tuple(told for told in known if told.state == "changed"),
            waiting=tuple(waiting),
        )

    def _batches(self, *, again: bool) -> Iterator[list[Item]]:
        batch: list[Item] = []
        size = 0
        for item in self._items:
            told = self._told.get(item.uid)
            if told is not None and not (again and told.state == "failed"):
                continue
            large = item.path.stat().st_size
            if batch and (len(batch) == self._batch or size + large > self._batch_bytes):
                yield batch
                batch, size = [], 0
            batch.append(item)
            size += large
        if batch:
            yield batch

    def _send(self, batch: list[Item]) -> None:
        self._write("sending", [[item.uid, item.sha256] for item in batch])
        try:
            answer = self._web.store([item.path for item in batch])
        except HttpError as error:
            if error.status not in _OF_THE_CONTENT:
                raise
            # A server may refuse a request for one bad object in it: find out which.
            if len(batch) > 1:
                for half in (batch[: len(batch) // 2], batch[len(batch) // 2 :]):
                    self._send(half)
                return
            one = batch[0]
            self._sent += 1
            self._write("answered", [[one.uid, one.sha256, "failed", 0, error.message]])
            return
        self._sent += len(batch)
        told = answers(answer, batch)
        self._write(
            "answered",
            [
                [one.uid, item.sha256, one.state, one.reason, one.text]
                for one, item in zip(told, batch, strict=True)
            ],
        )

    def _ask_for(self, items: Iterable[Item]) -> None:
        """Ask which of the unsure are there. Who does not answer must not be sent to either."""
        by_study: dict[str, list[Item]] = {}
        for item in items:
            by_study.setdefault(item.study, []).append(item)
        there: list[list[Any]] = []
        for study, wanted in by_study.items():
            for item in wanted:
                found = self._web.instances(study, SOPInstanceUID=item.uid)
                if any(ds.get("SOPInstanceUID") == item.uid for ds in found):
                    there.append([item.uid, item.sha256, "stored", 0, "it was there when asked"])
        self._found = len(there)
        if there:
            self._write("answered", there)

    def _write(self, what: str, items: list[list[Any]]) -> None:
        line = {"at": self._clock().isoformat(), "what": what, "items": items}
        self._journal.add(line)
        self._remember(line)

    def _remember(self, line: Mapping[str, Any]) -> None:
        current = {item.uid: item.sha256 for item in self._items}
        for each in line["items"]:
            uid, sha256 = str(each[0]), each[1]
            if current.get(uid) != sha256:  # another file has this UID now: nothing is known of it
                continue
            if line["what"] == "sending":
                self._unsure.add(uid)
            elif each[2] != "waiting":
                self._unsure.discard(uid)
                self._told[uid] = Told(uid, each[2], int(each[3]), str(each[4]))


def answers(response: Dataset, batch: Iterable[Item]) -> list[Told]:
    """What a Store Instances Response (PS3.18 I.2) says of each instance of a batch.

    One that it does not name is ``"waiting"``: silence is no acknowledgement. One that it names in
    both sequences is ``"failed"``.
    """
    said: dict[str, Told] = {}
    for item in response.get("ReferencedSOPSequence") or []:
        uid = str(item.get("ReferencedSOPInstanceUID") or "")
        warning = int(item.get("WarningReason") or 0)
        text = f"stored with a warning, {warning:04X}" if warning else ""
        said[uid] = Told(uid, "changed" if warning else "stored", warning, text)
    for item in response.get("FailedSOPSequence") or []:
        uid = str(item.get("ReferencedSOPInstanceUID") or "")
        reason = int(item.get("FailureReason") or 0)
        said[uid] = Told(uid, "failed", reason, f"refused, {reason:04X}")
    return [said.get(item.uid, Told(item.uid, "waiting")) for item in batch]


def _items(source: Iterable[Path]) -> list[Item]:
    found: dict[str, Item] = {}
    for path in source:
        meta, data = read_object(path)
        header = read_header(data, meta.transfer_syntax)
        uid = header["SOPInstanceUID"]
        item = Item(uid, header["StudyInstanceUID"], path, Packed.of(uid, path).sha256)
        if uid in found and found[uid].sha256 != item.sha256:
            raise DataError(
                f"{path.name} and {found[uid].path.name} have one SOP Instance UID and differ",
                remedy="Find out which of the two is right: a UID names one object (PS3.5 9).",
            )
        found.setdefault(uid, item)
    return list(found.values())
