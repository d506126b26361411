"""Objects of a source into the workspace: de-identified in memory, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pydicom.dataset import Dataset

from labkit.common.errors import DataError
from labkit.deid import Deidentifier
from labkit.dicom.guarded import file_name
from labkit.dicom.reading import PARSE_ERRORS
from labkit.dicom.transcode import encoded
from labkit.lab.owndata.found import FoundStudy, Origin, Original
from labkit.lab.owndata.from_archive import NotSent
from labkit.lab.problems import explained


@dataclass
class Staged:
    """What one run took from a source.

    Attributes
    ----------
    new
        Objects written.
    held
        Reason → how many objects a person has to look at first.
    held_uids
        Their SOP Instance UIDs at the source.
    unreadable, lacking
        Place and reason of those that are broken, and of those that the source did not send.
    unseen
        What may be in the pixels of objects that were taken → how many.
    """

    new: int = 0
    held: dict[str, int] = field(default_factory=dict)
    held_uids: list[str] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    lacking: list[tuple[str, str]] = field(default_factory=list)
    unseen: dict[str, int] = field(default_factory=dict)


class Stage:
    """The folder of one study.

    Parameters
    ----------
    folder
        Of its Part 10 files; made when the first comes.
    renamed
        What a UID of the source becomes.
    deidentifier
        ``None`` where the user confirmed that identities stay.
    watch
        Called after each object.
    """

    def __init__(
        self,
        folder: Path,
        renamed: Callable[[str], str],
        deidentifier: Deidentifier | None,
        watch: Callable[[], None] = lambda: None,
    ) -> None:
        self.folder = folder
        self._renamed = renamed
        self._deidentifier = deidentifier
        self._watch = watch

    def fill(self, origin: Origin, study: FoundStudy) -> Staged:
        """Take what is not here yet.

        Raises
        ------
        LabError
            The disk is full; what was taken stays, and the next run goes on from it.
        NetworkError
            The source went away.
        """
        staged = Staged()
        for part in self.folder.glob(".part-*"):  # of a run that was killed; we are alone here
            part.unlink(missing_ok=True)
        for original in origin.objects(study, self._has):
            try:
                self._take(original, staged)
            except NotSent as error:
                staged.lacking.append((original.origin, error.message))
            except DataError as error:
                staged.unreadable.append((original.origin, error.message))
            self._watch()
        return staged

    def _has(self, uid: str) -> bool:
        found = (self.folder / f"{self._renamed(uid)}.dcm").exists()
        if found:
            self._watch()
        return found

    def _take(self, original: Original, staged: Staged) -> None:
        ds = original.load()
        if self._deidentifier is not None:
            outcome = self._deidentifier.dataset(ds)
            for reason in outcome.held:
                staged.held[reason] = staged.held.get(reason, 0) + 1
            if outcome.ds is None:
                staged.held_uids.append(original.uid)
                return
            for reason in outcome.unseen:
                staged.unseen[reason] = staged.unseen.get(reason, 0) + 1
            ds = outcome.ds
        self._write(ds)
        staged.new += 1

    def _write(self, ds: Dataset) -> None:
        try:
            data = encoded(ds)
        except PARSE_ERRORS as error:  # the parser's own words may hold a value
            raise DataError(
                f"A value of this object cannot be written ({type(error).__name__}).",
                remedy="Mend the object, or leave it out.",
            ) from error
        target = self.folder / file_name(str(ds.get("SOPInstanceUID") or ""))
        name = ""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=self.folder, prefix=".part-")
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            Path(name).replace(target)
        except OSError as error:
            if name:
                Path(name).unlink(missing_ok=True)
            raise explained(error, self.folder.parents[2]) from error
