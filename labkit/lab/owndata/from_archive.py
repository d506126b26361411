"""An archive as a source: C-FIND to know what there is, C-GET to have it (PS3.4 C.4.1, C.4.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

from pydicom.dataset import Dataset

from labkit.common.errors import NetworkError
from labkit.dimse import Peer, get, identifier
from labkit.dimse.peer import LEARNER
from labkit.fhir.mapping.sources.session import Session
from labkit.lab.owndata.found import Asked, Found, FoundSeries, FoundStudy, Original

AT_ONCE = 8
"""Objects in one C-GET: so many are in memory at a time."""
_STUDY = ("StudyInstanceUID", "StudyDate", "AccessionNumber", "PatientID", "PatientName")


class ArchiveOrigin:
    """An archive, asked over DIMSE and never written to.

    Parameters
    ----------
    peer
        The archive; a `Peer` has its TLS and our AE title.
    ae_title
        The calling AE title; a peer that has one for us keeps it.
    """

    def __init__(self, peer: Peer, ae_title: str = LEARNER) -> None:
        self.peer, self.ae_title = peer, ae_title

    def survey(self, asked: Asked) -> Found:
        """Ask at study, series and image level."""
        keys = dict.fromkeys(_STUDY) | {
            "StudyInstanceUID": asked.study or None, "PatientID": asked.patient or None,
            "AccessionNumber": asked.accession or None,
        }  # fmt: skip
        found = Found()
        with closing(Session(self.peer, ae_title=self.peer.called_by(self.ae_title))) as session:
            studies = [study_of(match) for match in session.find("STUDY", keys)]
            found.studies = asked.first([study for study in studies if study.uid])
            for study in found.studies:
                self._look_into(session, study)
        return found

    def objects(self, study: FoundStudy, have: Callable[[str], bool]) -> Iterator[Original]:
        """Fetch a few objects at a time over one association."""
        for series in study.series.values():
            missing = [uid for uid in series.instances if not have(uid)]
            for at in range(0, len(missing), AT_ONCE):
                yield from self._fetched(study, series, missing[at : at + AT_ONCE])

    def _look_into(self, session: Session, study: FoundStudy) -> None:
        asked = {"StudyInstanceUID": study.uid}
        for match in session.find("SERIES", {**asked, "SeriesInstanceUID": None, "Modality": None}):
            uid = str(match.SeriesInstanceUID)
            series = study.series[uid] = FoundSeries(uid, str(match.get("Modality") or ""))
            for image in session.find(
                "IMAGE",
                {**asked, "SeriesInstanceUID": uid, "SOPInstanceUID": None, "SOPClassUID": None},
            ):
                series.instances[str(image.SOPInstanceUID)] = str(image.get("SOPClassUID") or "")

    def _fetched(
        self, study: FoundStudy, series: FoundSeries, uids: list[str]
    ) -> Iterator[Original]:
        classes = sorted({series.instances[uid] for uid in uids} - {""})
        asked = identifier(
            "IMAGE", StudyInstanceUID=study.uid, SeriesInstanceUID=series.uid, SOPInstanceUID=uids
        )
        result = get(self.peer, asked, storage_classes=classes or None, ae_title=self.ae_title)
        came = {str(ds.SOPInstanceUID): ds for ds in result.datasets}
        for uid in uids:
            ds = came.pop(uid, None)
            where = f"{self.peer.ae_title} {uid}"

            def load(ds: Dataset | None = ds) -> Dataset:
                if ds is None:
                    raise NotSent(
                        f"{self.peer.ae_title} did not send it ({result.status})",
                        remedy="Run the same command again; if it stays so, ask who runs it.",
                    )
                return ds

            yield Original(uid, where, load)


class NotSent(NetworkError):
    """A source says that it has an object, and does not give it."""


def study_of(match: Dataset) -> FoundStudy:
    """Make a study of what a query at study level says of it."""

    def value(name: str) -> str:
        return str(match.get(name) or "")

    who = (value("PatientID") or value("PatientName")).strip()
    return FoundStudy(value("StudyInstanceUID"), value("StudyDate"), patients={who})
