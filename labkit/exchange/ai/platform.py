"""One round of the platform: ask, choose, pull, find, store, post.

A study that cannot be worked on is reported, and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Literal

from pydicom.dataset import Dataset

from labkit.common.errors import LabkitError, NetworkError, UsageError
from labkit.dicomweb import DicomwebClient
from labkit.exchange.ai.bleed import BleedFinder, Finding
from labkit.exchange.ai.identity import Identity, instance_uids
from labkit.exchange.ai.intake import Way, choose_series, pull
from labkit.exchange.ai.posting import post
from labkit.exchange.ai.report import read_report, report
from labkit.exchange.ai.segmentation import segmentation
from labkit.fhir import FhirClient
from labkit.fhir.mapping import Site

State = Literal["new", "known", "refused", "failed"]


@dataclass
class Result:
    """What became of one study.

    Attributes
    ----------
    state
        ``"new"``: worked on and stored. ``"known"``: this version has done these images before.
        ``"refused"``: cannot be worked on. ``"failed"``: a server did not do its part; try again.
    volume_ml
        Of the bleed; 0 where none was found, `None` where nobody looked.
    reason
        Why it was refused or failed, and what to do.
    report, segmentation
        As stored.
    finding
        What was found now; `None` where an earlier run had found it.
    """

    study: str
    state: State
    accession: str = ""
    volume_ml: float | None = None
    reason: str = ""
    report: Dataset | None = field(default=None, repr=False)
    segmentation: Dataset | None = field(default=None, repr=False)
    finding: Finding | None = field(default=None, repr=False)


@dataclass
class Done:
    """One round."""

    results: list[Result] = field(default_factory=list)

    def __iter__(self) -> Iterator[Result]:
        return iter(self.results)

    def __repr__(self) -> str:
        count = len(self.results)
        lines = [f"{count} {'study' if count == 1 else 'studies'}"]
        for r in self.results:
            said = r.reason.splitlines()[0] if r.reason else ""
            if r.volume_ml is not None:
                said = f"{r.volume_ml:.1f} ml" if r.volume_ml else "nothing found"
            lines.append(f"{r.accession or 'no accession':12}  {r.state:8}  {said}")
        return "\n".join(lines)


def run(
    source: DicomwebClient,
    finder: BleedFinder | None = None,
    *,
    results: DicomwebClient | None = None,
    fhir: FhirClient | None = None,
    site: Site | None = None,
    way: Way = "frames",
    clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    **keys: Any,
) -> Done:
    """Work on every study that a search finds.

    Parameters
    ----------
    source
        Where the images are: an archive, or a façade before one that has no DICOMweb.
    finder
        The algorithm.
    results
        Where SEG and SR go; `source` if left out. An old archive may take neither.
    fhir
        Where the record goes; none if left out.
    site
        What the headers do not say, see `labkit.fhir.mapping.Site`: its zone, who issued an ID.
    way
        How pixels are pulled, see `labkit.exchange.ai.pull`.
    clock
        Now, with a zone.
    keys
        What to search for: ``StudyDate="20260115"``. At least one: nobody works on a whole archive
        by leaving something out.

    Raises
    ------
    UsageError
        Nothing to search for.
    NetworkError
        The search itself had no answer.
    """
    if not keys:
        raise UsageError("no keys: that would be the whole archive", remedy='StudyDate="20260115"')
    finder = finder or BleedFinder()
    round_ = _Round(source, finder, results or source, fhir, site or Site(), way, clock)
    return Done([round_.study(match) for match in source.studies(**keys)])


@dataclass(frozen=True)
class _Round:
    source: DicomwebClient
    finder: BleedFinder
    target: DicomwebClient
    fhir: FhirClient | None
    site: Site
    way: Way
    clock: Callable[[], datetime]

    def study(self, match: Dataset) -> Result:
        """Work on one study; whatever goes wrong is its result, and the round goes on."""
        uid = str(match.StudyInstanceUID)
        result = Result(uid, "known", str(match.get("AccessionNumber") or ""))
        try:
            self._work(uid, result)
        except UsageError as error:  # what it was given cannot be used; asking again helps nobody
            result.state, result.reason = "refused", str(error)
        except LabkitError as error:
            result.state, result.reason = "failed", str(error)
        return result

    def _work(self, uid: str, result: Result) -> None:
        series = choose_series(self.source, uid, self.finder.modality).SeriesInstanceUID
        images = self.source.instances(uid, series)
        names = Identity.of(instance_uids(images), self.finder)
        sr = self._there(uid, names, "sr")
        seg = self._there(uid, names, "seg")
        if sr is None or (read_report(sr).positive and seg is None):
            sr, seg = self._make(uid, series, sr, seg, result)
            result.state = "new"
        result.report, result.segmentation = sr, seg
        result.volume_ml = read_report(sr).volume_ml
        if self.fhir is not None:
            post(self.fhir, self.source, self.finder, self.site, sr, seg)

    def _make(
        self, uid: str, series: str, sr: Dataset | None, seg: Dataset | None, result: Result
    ) -> tuple[Dataset, Dataset | None]:
        """Work on the pixels, and store what is not there yet."""
        volume = pull(self.source, uid, series, way=self.way)
        self.finder.suits(volume.headers)
        result.finding = finding = self.finder.find(volume)
        zone = self.site.zoneinfo() or timezone.utc
        # What an interrupted run has stored says when; one result has one time.
        made = _made(sr or seg, self.clock().astimezone(zone))
        missing = []
        if seg is None and finding.positive:
            seg = segmentation(volume, finding, self.finder, made)
            missing.append(seg)
        if sr is None:
            sr = report(volume, finding, self.finder, made, seg)
            missing.append(sr)
        self._store(missing)
        return sr, seg

    def _there(self, study: str, names: Identity, kind: str) -> Dataset | None:
        """Return a result of an earlier run, if the target has it."""
        series, instance = str(names.uid(kind, "series")), str(names.uid(kind))
        if not self.target.instances(study, series, SOPInstanceUID=instance):
            return None
        return next(self.target.retrieve(study, series, instance), None)

    def _store(self, objects: list[Dataset]) -> None:
        """Store all or raise: a report without its segmentation points to nothing."""
        answer = self.target.store(objects)
        failed = list(answer.get("FailedSOPSequence") or [])
        stored = {str(item.ReferencedSOPInstanceUID)
                  for item in answer.get("ReferencedSOPSequence") or []}  # fmt: skip
        lost = [ds for ds in objects if str(ds.SOPInstanceUID) not in stored]
        if failed or lost:
            codes = ", ".join(sorted({f"0x{int(f.get('FailureReason') or 0):04X}" for f in failed}))
            kinds = ", ".join(str(ds.Modality) for ds in lost)
            raise NetworkError(
                f"the archive did not store {kinds or 'everything'} ({codes or 'no reason given'})",
                remedy="0x0122 is a SOP class that it does not know: send results elsewhere",
            )


def _made(earlier: Dataset | None, now: datetime) -> datetime:
    if earlier is None:
        return now
    said = f"{earlier.ContentDate}{earlier.ContentTime}"[:14]
    return datetime.strptime(said, "%Y%m%d%H%M%S").replace(tzinfo=now.tzinfo)
