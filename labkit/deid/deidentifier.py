"""De-identify data sets, one at a time."""

from __future__ import annotations

import copy
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from pydicom.dataset import Dataset
from pydicom.uid import UID

from labkit.common.errors import DataError, UsageError
from labkit.deid import graphics, marks, risk
from labkit.deid.actions import ACTIONS
from labkit.deid.encoding import undecoded
from labkit.deid.key import Key
from labkit.deid.profile import Profile
from labkit.deid.rules import Rule, known_iod, resolved, rules_for, types_of
from labkit.deid.seams import Outcome, PixelCleaner, Risk
from labkit.deid.text import Identities
from labkit.deid.unlisted import private, unlisted
from labkit.deid.work import Work
from labkit.dicom.reading import PARSE_ERRORS

if TYPE_CHECKING:
    from labkit.deid.files import Summary

_TEXT, _FACE = _PIXEL_OPTIONS = ("clean-pixel-data", "clean-visual-features")
_DIRECTORY = "1.2.840.10008.1.3.10"
_PIXEL_TAGS = (0x7FE00008, 0x7FE00009, 0x7FE00010)


class Deidentifier:
    """De-identifies data sets by a profile, consistently under a key.

    Parameters
    ----------
    profile
        By default the Basic Profile.
    key
        Who has it, can make the same pseudonyms again. By default a new one, forgotten with this
        object: nobody can.
    pixels
        What cleans pixels; needed for ``clean-pixel-data`` and ``clean-visual-features``.
    reviewed
        SOP Instance UIDs, original ones, of objects that a person has looked at and found
        without text and face: they are not held for their pixels, nor for an unknown SOP class.
    strict
        Hold too what may show a text or a face for all that the header tells; else it is written,
        and told of. What is likely to show one is always held.
    reversible
        Keep what was changed in the object, encrypted for the key (PS3.15 E.1.1).

    Raises
    ------
    UsageError
        A pixel option without a cleaner, or `reversible` with a key that cannot.
    """

    def __init__(
        self,
        profile: Profile | None = None,
        key: Key | None = None,
        *,
        pixels: PixelCleaner | None = None,
        reviewed: Collection[str] = (),
        strict: bool = False,
        reversible: bool = False,
    ) -> None:
        self.profile = profile or Profile()
        self.key = key or Key.new(recovery=reversible)
        self._pixels = pixels
        self._reviewed = frozenset(reviewed)
        self._strict = strict
        self._rules: dict[int, Rule] = rules_for(self.profile.options)
        self._recovery = self.key.recovery if reversible else None
        self.patients: set[str] = set()
        wanted = [name for name in _PIXEL_OPTIONS if self.profile.has(name)]
        if wanted and pixels is None:
            raise UsageError(
                f"{wanted[0]} needs something that cleans pixels.",
                remedy="Deidentifier(profile, key, pixels=…); labkit.deid.pixels has one.",
            )
        if reversible and self._recovery is None:
            raise UsageError(
                "This key cannot open encrypted originals.",
                remedy="Make one: Key.new(recovery=True).",
            )

    def dataset(self, ds: Dataset) -> Outcome:
        """De-identify `ds` in place.

        Parameters
        ----------
        ds
            As read from a file: with its ``file_meta``.

        Returns
        -------
        Outcome
            Whose ``ds`` is ``None`` where a person has to look first; then `ds` is not to be used.

        Raises
        ------
        DataError
            It has no SOP class or instance UID, or no transfer syntax, or a value of it cannot be
            parsed, so that nobody knows what is in it.
        """
        try:
            self._identified(ds)
            return self._parsed(ds)
        except PARSE_ERRORS as error:
            raise DataError(  # the parser's own words may hold the value
                f"A value of this object cannot be parsed ({type(error).__name__}).",
                remedy="Mend the object, or leave it out: what cannot be read cannot be cleaned.",
            ) from error

    def _parsed(self, ds: Dataset) -> Outcome:
        held = self._held_for_class(ds)
        if held:
            return Outcome(None, [], held)
        reviewed = str(ds.SOPInstanceUID) in self._reviewed
        originals = self._originals(ds)
        work = self._work(ds)
        claimed = self._look_at_pixels(work, ds, reviewed)
        if work.held:
            return Outcome(None, work.trail.changes, tuple(work.held))
        self._walk(work, ds)
        if work.held:
            return Outcome(None, work.trail.changes, tuple(work.held))
        marks.mark(ds, self.profile, claimed)
        if self._recovery is not None and originals is not None:
            changed = {int(change.tag[:8], 16) for change in work.trail.changes}
            self._recovery.attach(ds, originals, changed)
        ds.file_meta = marks.new_meta(ds)
        if hasattr(ds, "preamble"):
            ds.preamble = b"\0" * 128
        return Outcome(ds, work.trail.changes, unseen=tuple(work.unseen))

    def file(self, source: Path, folder: Path) -> Outcome:
        """De-identify a Part 10 file into `folder`; its name is the new SOP Instance UID.

        Raises
        ------
        DataError
            It cannot be read.
        """
        from labkit.deid.files import one_file

        return one_file(self, source, folder)

    def folder(
        self, source: Path, target: Path, *, fhir: Path | None = None, report: Path | None = None
    ) -> Summary:
        """De-identify a file, or all files of a folder, one at a time.

        Parameters
        ----------
        fhir
            Resources of the same patients: a file or folder of JSON. They go to ``target/fhir``.
        report
            Where to write a JSON line for each file: every element changed, and why. Holds no
            value. By default none.

        Raises
        ------
        UsageError
            `source` is not there, or `target` cannot be written.
        """
        from labkit.deid.run import run

        return run(self, source, target, fhir=fhir, report=report)

    @staticmethod
    def _identified(ds: Dataset) -> None:
        meta = getattr(ds, "file_meta", None)
        if not str(ds.get("SOPInstanceUID", "")) or not str(ds.get("SOPClassUID", "")):
            raise DataError(
                "This object has no SOP Class UID or no SOP Instance UID.",
                remedy="Only composite objects (PS3.3 A.1) can be de-identified.",
            )
        if meta is None or not getattr(meta, "TransferSyntaxUID", ""):
            raise DataError(
                "This object has no transfer syntax.",
                remedy="Set ds.file_meta.TransferSyntaxUID to what it is encoded in.",
            )

    def _held_for_class(self, ds: Dataset) -> tuple[str, ...]:
        sop_class = UID(str(ds.SOPClassUID))
        if sop_class == _DIRECTORY:
            return ("a DICOMDIR lists patients: make a new one from the de-identified files",)
        if sop_class.is_private or not (known_iod(sop_class) or sop_class.type == "SOP Class"):
            if str(ds.SOPInstanceUID) in self._reviewed:
                return ()
            return ("nothing is known of this SOP class, so neither of where it holds identities",)
        return ()

    def _work(self, ds: Dataset) -> Work:
        patient = str(ds.get("PatientID", "") or "").strip()
        patient = patient or str(ds.get("PatientName", "") or "").strip()
        self.patients.add(patient)
        return Work(
            profile=self.profile,
            key=self.key,
            patient=patient or str(ds.get("StudyInstanceUID", "")),
            identities=Identities(ds, uids=not self.profile.has("retain-uids")),
            walk=self._walk,
            types=types_of(str(ds.SOPClassUID)),
        )

    def _look_at_pixels(self, work: Work, ds: Dataset, reviewed: bool) -> frozenset[str]:
        """Have pixels cleaned, hold what nobody vouches for; return the pixel options that hold."""
        wanted = frozenset(name for name in _PIXEL_OPTIONS if self.profile.has(name))
        if not risk.has_pixels(ds):
            return wanted
        from labkit.deid.pixels.strip import strip  # a header alone needs no pixels

        work.trail.changes.extend(strip(ds))
        risks = {_TEXT: risk.text_risk(ds), _FACE: risk.face_risk(ds)}
        hold = set()
        if self._pixels is not None and wanted:
            finding = self._pixels.clean(ds, self.profile)
            work.trail.changes.extend(finding.changes)
            for name, seen in ((_TEXT, finding.text), (_FACE, finding.face)):
                if name in wanted and seen == "unsure":
                    risks[name] = Risk(finding.why or "the cleaner of pixels is not sure", True)
                elif name in wanted:
                    risks[name] = Risk()
                    hold.add(name)
        if not reviewed:
            for found in risks.values():
                if found:
                    told = work.held if found.likely or self._strict else work.unseen
                    told.append(found.reason)
        return frozenset(hold)  # what a person let pass is not claimed as an option

    def _walk(self, work: Work, ds: Dataset) -> None:
        """Apply the profile to a data set or to an item."""
        rules = self._rules
        top = work.trail.depth == 0
        privates: list[int] = []
        graphic_groups: set[int] = set()
        held = undecoded(ds)
        for tag in list(held):
            number = int(tag)  # its comparisons are C's, not pydicom's
            group = number >> 16
            if group & 1:
                privates.append(tag)
                continue
            rule = rules.get(number)
            if rule is not None:
                action = rule.action
                if "/" in action:
                    action = resolved(action, self._type(work, tag, top))
                done = ACTIONS[action](work, ds, tag, rule.vr)
                if done:
                    work.trail.note(tag, rule.name, done, rule.why)
            elif 0x5000 <= group <= 0x501E or 0x6000 <= group <= 0x601E:
                graphic_groups.add(group)
            else:
                unlisted(work, ds, tag, held[tag])
        if privates:
            private(work, ds, privates)
        if graphic_groups:
            graphics.remove_overlays(work, ds, graphic_groups)

    @staticmethod
    def _type(work: Work, tag: int, top: bool) -> str:
        if not top or not work.types:
            return ""
        from pydicom.datadict import keyword_for_tag

        return work.types.get(keyword_for_tag(tag), "3")

    def _originals(self, ds: Dataset) -> Dataset | None:
        if self._recovery is None:
            return None
        return copy.deepcopy(
            Dataset({t: ds.get_item(t) for t in list(ds.keys()) if t not in _PIXEL_TAGS})
        )
