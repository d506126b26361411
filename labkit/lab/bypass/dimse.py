"""Attempts over DIMSE, and what is stored to see whether there is room."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from pydicom import Dataset, dcmread
from pydicom.uid import UID, generate_uid
from pynetdicom import build_context
from pynetdicom.pdu_primitives import SOPClassExtendedNegotiation
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind

from labkit.dicom.samples import sample
from labkit.dimse import Peer, associate, find, get, identifier, move, request_commitment, store
from labkit.dimse import worklist as ask_worklist
from labkit.lab.bypass.attempt import attempt, found_in
from labkit.lab.bypass.doors import Doors, Known

FIND, MOVE, GET = "C-FIND", "C-MOVE", "C-GET"


def matched(d: Doors, peer: Peer, level: str, model: str = "study", **keys: Any) -> list[str]:
    """Search at a level: the matches, as JSON."""
    asked = identifier(level, **keys)
    matches = find(peer, asked, model=model)
    return [match.to_json() for match in matches]


@attempt("find-study", FIND)
def study(d: Doors) -> bool:
    """Find the study by its UID."""
    return d.tells(lambda k: matched(d, d.archive, "STUDY", StudyInstanceUID=k.study))


@attempt("find-patient-studies", FIND)
def patient_studies(d: Doors) -> bool:
    """List the patient's studies."""
    found = matched(d, d.archive, "STUDY", PatientID=d.target.patient_id, StudyInstanceUID=None,
                  AccessionNumber=None)  # fmt: skip
    return d.shows("".join(found))


@attempt("find-accession", FIND)
def accession(d: Doors) -> bool:
    """Find it by accession number."""
    return d.tells(lambda k: matched(d, d.archive, "STUDY", AccessionNumber=k.accession,
                                   StudyInstanceUID=None))  # fmt: skip


@attempt("find-series", FIND)
def series(d: Doors) -> bool:
    """List its series."""
    return d.tells(lambda k: matched(d, d.archive, "SERIES", StudyInstanceUID=k.study,
                                   SeriesInstanceUID=None))  # fmt: skip


@attempt("find-images", FIND)
def images(d: Doors) -> bool:
    """List the images of a series."""
    return d.tells(lambda k: matched(d, d.archive, "IMAGE", StudyInstanceUID=k.study,
                                   SeriesInstanceUID=k.series, SOPInstanceUID=None))  # fmt: skip


@attempt("find-uid-list", FIND)
def uid_list(d: Doors) -> bool:
    """Ask for it in a list, beside a study that may be seen."""
    both = [d.own.study, d.target.study]
    found = matched(d, d.archive, "STUDY", StudyInstanceUID=both, AccessionNumber=None)
    return d.target.accession in "".join(found)


@attempt("find-patient-root", FIND)
def patient_root(d: Doors) -> bool:
    """Find it with the Patient Root model."""
    return d.tells(lambda k: matched(d, d.archive, "STUDY", "patient",
                                     PatientID=d.target.patient_id,
                                     StudyInstanceUID=k.study))  # fmt: skip


@attempt("find-patient-counts", FIND)
def patient_counts(d: Doors) -> bool:
    """Ask at PATIENT level how many studies and instances the patient has."""
    found = find(
        d.archive,
        identifier("PATIENT", PatientID=d.target.patient_id, NumberOfPatientRelatedStudies=None,
                   NumberOfPatientRelatedInstances=None),
        model="patient",
    )  # fmt: skip
    return any(int(match.NumberOfPatientRelatedStudies or 0) > 1 for match in found)


@attempt("find-patient-object", FIND)
def patient_object(d: Doors) -> bool:
    """Ask at PATIENT level for what is read from an object: it may be one of the hidden study."""
    found = find(
        d.archive,
        identifier("PATIENT", PatientID=d.target.patient_id, ManufacturerModelName=None),
        model="patient",
    )  # fmt: skip
    hidden = str(dcmread(sample(d.target.fhir_id).files[0]).ManufacturerModelName)
    models = {str(match.get("ManufacturerModelName", "")) for match in found} - {""}
    return bool(models) if d.whole else hidden in models


@attempt("find-relational", FIND)
def relational(d: Doors) -> bool:
    """List images with a relational query, that needs no keys of the levels above."""
    uid = StudyRootQueryRetrieveInformationModelFind
    item = SOPClassExtendedNegotiation()
    item.sop_class_uid, item.service_class_application_information = uid, b"\x01"

    def ask(known: Known) -> list[str]:
        asked = identifier("IMAGE", SOPInstanceUID=known.instance)
        with associate(d.archive, [build_context(uid)], negotiation=[item]) as link:
            answers = list(link.assoc.send_c_find(asked, uid))
        return [match.to_json() for _, match in answers if match is not None]

    return d.tells(ask)


@attempt("find-behind-facade", FIND)
def legacy(d: Doors) -> bool:
    """Ask the old PACS itself, past the façade."""
    return d.tells(lambda k: matched(d, d.legacy, "STUDY", StudyInstanceUID=k.study))


@attempt("find-worklist", "worklist")
def worklist(d: Doors) -> bool:
    """Find what is scheduled for the patient on the worklist."""
    steps = list(ask_worklist(d.worklist, {"PatientID": d.target.patient_id}))
    return bool(steps) if d.whole else d.shows("".join(step.to_json() for step in steps))


def moved(d: Doors, asked: Dataset, peer: Peer | None = None, to: str = "") -> Any:
    """Have objects sent to the one who tries: the status, and what came of it."""
    peer = peer or d.archive
    done = move(peer, asked, to or peer.calling)
    return done.status.code, done.completed, done.failed


def _came(d: Doors) -> bool:
    return any(str(ds.StudyInstanceUID) == d.target.study for ds in d.receiver.received)


@attempt("move-study", MOVE)
def move_study(d: Doors) -> bool:
    """Have the study sent."""
    d.receiver.received.clear()  # what came while it was allowed
    told = d.tells(lambda k: moved(d, identifier("STUDY", StudyInstanceUID=k.study)))
    return told or _came(d)


@attempt("move-series", MOVE)
def move_series(d: Doors) -> bool:
    """Have a series sent."""
    return d.tells(lambda k: moved(d, identifier("SERIES", StudyInstanceUID=k.study,
                                                  SeriesInstanceUID=k.series)))  # fmt: skip


@attempt("move-image", MOVE)
def move_image(d: Doors) -> bool:
    """Have one image sent."""
    return d.tells(lambda k: moved(d, identifier(
        "IMAGE", StudyInstanceUID=k.study, SeriesInstanceUID=k.series,
        SOPInstanceUID=k.instance)))  # fmt: skip


@attempt("move-list", MOVE)
def move_list(d: Doors) -> bool:
    """Have a list of studies sent, one of which may be seen."""
    return d.tells(lambda k: moved(d, identifier(
        "STUDY", StudyInstanceUID=[d.own.study, k.study])))  # fmt: skip


@attempt("move-by-colleague", MOVE)
def move_by_colleague(d: Doors) -> bool:
    """Have one who may see it send it to one who may not."""
    return d.tells(lambda k: moved(d, identifier("STUDY", StudyInstanceUID=k.study),
                                   d.by_colleague, d.archive.calling))  # fmt: skip


@attempt("move-behind-facade", MOVE)
def move_legacy(d: Doors) -> bool:
    """Have the old PACS send it."""
    return d.tells(lambda k: moved(d, identifier("STUDY", StudyInstanceUID=k.study),
                                   d.legacy))  # fmt: skip


def got(d: Doors, asked: Dataset, peer: Peer | None = None) -> Any:
    """Get objects over one association: the status, and how many came."""
    done = get(peer or d.archive, asked, storage_classes=[d.target.sop_class])
    return done.status.code, done.completed, done.failed, len(done.datasets)


@attempt("get-study", GET)
def get_study(d: Doors) -> bool:
    """Get the study over one association."""
    return d.tells(lambda k: got(d, identifier("STUDY", StudyInstanceUID=k.study)))


@attempt("get-series", GET)
def get_series(d: Doors) -> bool:
    """Get a series."""
    return d.tells(lambda k: got(d, identifier("SERIES", StudyInstanceUID=k.study,
                                                SeriesInstanceUID=k.series)))  # fmt: skip


@attempt("get-list", GET)
def get_list(d: Doors) -> bool:
    """Get a list of studies, one of which may be seen."""
    return d.tells(lambda k: got(d, identifier(
        "STUDY", StudyInstanceUID=[d.own.study, k.study])))  # fmt: skip


@attempt("commitment", "storage commitment")
def commitment(d: Doors) -> bool:
    """Ask the archive to commit itself to an image: it says whether it has it."""

    def ask(known: Known) -> Any:
        pair = (known.sop_class, known.instance)
        done = request_commitment(d.archive, [pair], receiver=d.receiver)
        return len(done.committed), [status.code for _, status in done.failed]

    return d.tells(ask)


def _forged(d: Doors, uid: str) -> bytes:
    """An object of one's own that has the UID of another."""
    ds = dcmread(sample("dx-hand").files[0])
    ds.SOPInstanceUID = UID(uid)
    ds.file_meta.MediaStorageSOPInstanceUID = UID(uid)
    ds.SeriesInstanceUID = generate_uid(entropy_srcs=["bypass", uid])
    ds.ImageComments = "is this UID taken?"
    stream = BytesIO()
    ds.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


@attempt("store-duplicate", "C-STORE")
def store_duplicate(d: Doors) -> bool:
    """Store an object under the UID of an image: the archive says that it has another."""

    def ask(known: Known) -> Any:
        sent = store(d.by_storing, _forged(d, known.instance))
        return [(item.status and item.status.code) for item in sent.items]

    return d.tells(ask)


@attempt("stow-duplicate", "STOW-RS")
def stow_duplicate(d: Doors) -> bool:
    """The same over DICOMweb, with another UID of the study."""
    other = str(dcmread(sample(d.target.fhir_id).files[1]).SOPInstanceUID)

    def ask(known: Known) -> Any:
        uid = other if known is d.target else f"{known.instance}9"
        data = _forged(d, uid)
        answer = d.writer.post(f"{d.web}/studies", content=data,
                             headers={"Content-Type": "application/dicom"})  # fmt: skip
        return answer.status_code, "warning" in answer.headers, "00081198" in answer.text

    return d.tells(ask)


ATTEMPTS = found_in(globals())
