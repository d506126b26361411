"""What an EHR sees, and what the notebook's earlier cells leave behind."""

from __future__ import annotations

from typing import Any

import requests

from labkit.dicom import patients, sample, studies
from labkit.exercises import Work

IMPORTS = """
    import time
    import requests
    from pydicom.dataset import Dataset
    from pydicom.uid import generate_uid
    from labkit.common.errors import AssociationError
    from labkit.dicom import sample
    from labkit.dimse import find, identifier, store
    from labkit.fhir.mapping import Site, StudyBuilder
    base = lab.fhir.url

    def ask(keys):
        found = find(lab.archive, keys)
        found.raise_for_status()
        return found
"""

READ = """
    def read_study(ask, uid):
        study = ask(identifier("STUDY", StudyInstanceUID=uid, PatientID="", IssuerOfPatientID="",
                               PatientName="", StudyDate="", StudyTime="", AccessionNumber=""))[0]
        for series in ask(identifier("SERIES", StudyInstanceUID=uid, SeriesInstanceUID="",
                                     Modality="", SeriesNumber="")):
            for image in ask(identifier("IMAGE", StudyInstanceUID=uid, SOPInstanceUID="",
                                        SeriesInstanceUID=series.SeriesInstanceUID,
                                        SOPClassUID="", InstanceNumber="")):
                header = Dataset()
                for level in (study, series, image):
                    header.update(level)
                yield header
"""

MAP = """
    site = Site.parse('''
    zone = "Europe/London"

    [issuer]
    NORTHGEN = "https://north-general.example/patient-id"

    [policy]
    Patient = "conditional"
    ''')

    def to_bundle(headers):
        builder = StudyBuilder(site=site)
        for header in headers:
            builder.add(header)
        return builder.studies()[0].bundle("transaction")
"""

PUBLISH = """
    def publish(bundle):
        requests.post(base, json=bundle, timeout=30).raise_for_status()

    def studies_of(ask, dates):
        found = ask(identifier("STUDY", StudyDate=dates, StudyInstanceUID=""))
        return [match.StudyInstanceUID for match in found]
"""

SYNC = """
    def sync(ask, seen, dates):
        published = []
        for uid in studies_of(ask, dates):
            bundle = to_bundle(read_study(ask, uid))
            if seen.get(uid) != bundle:
                publish(bundle)
                seen[uid] = bundle
                published.append(uid)
        return published
"""

POWER_CUT = """
    def power_cut(at, seconds=0.3):
        state = {"questions": 0, "back": None}

        def unlucky(keys):
            state["questions"] += 1
            if state["questions"] == at:
                lab.stop_node("ARCHIVE")
                state["back"] = time.monotonic() + seconds
            elif state["back"] and time.monotonic() > state["back"]:
                lab.start_node("ARCHIVE")
                state["back"] = None
            return ask(keys)

        return unlucky
"""


def search(work: Work, kind: str, **params: str) -> list[dict[str, Any]]:
    """Return what a search finds, as an EHR would ask."""
    answer = requests.get(f"{work.lab.fhir.url}/{kind}", params=params, timeout=10)
    return [entry["resource"] for entry in answer.json().get("entry", [])]


def by_uid(work: Work, uid: str) -> list[dict[str, Any]]:
    """Return the ImagingStudies that have a Study Instance UID, rightly written."""
    return search(work, "ImagingStudy", identifier=f"urn:dicom:uid|urn:oid:{uid}")


def uid_of(slug: str) -> str:
    """Return the Study Instance UID of a sample study."""
    return str(sample(slug).datasets()[0].StudyInstanceUID)


def faults_of(work: Work, slug: str) -> tuple[str, str]:
    """Return what an EHR finds wrong with a sample study, and of which kind; empty if nothing is.

    The kinds are ``missing``, ``double``, ``stranger`` and ``partial``.
    """
    headers = sample(slug).datasets()
    there = by_uid(work, str(headers[0].StudyInstanceUID))
    what = f"study {headers[0].AccessionNumber}"
    if not there:
        return f"{what} is not there", "missing"
    if len(there) > 1:
        return f"{what} is there {len(there)} times", "double"
    subject = there[0].get("subject", {}).get("reference", "")
    if not subject.endswith(f"Patient/{sample(slug).patient}"):
        return f"{what} is of {subject or 'nobody'}", "stranger"
    if there[0].get("numberOfInstances", 0) < len(headers):
        got = there[0].get("numberOfInstances", "no number of")
        return f"{what} has {got} instances of {len(headers)}", "partial"
    return "", ""


def people(work: Work) -> int:
    """Return how many Patients too many have a number of somebody who has images in ARCHIVE."""
    cast = [person.patient_id for person in patients()]
    numbers = {sample(slug).patient_id for slug in IN_ARCHIVE}
    return sum(
        len(search(work, "Patient", identifier=number)) - cast.count(number) for number in numbers
    )


def slugs(date: str) -> list[str]:
    """Return the sample studies of ARCHIVE with this Study Date."""
    return [
        study.slug
        for study in studies()
        if study.issuer == "NORTHGEN"
        and study.slug in IN_ARCHIVE
        and str(study.datasets()[0].StudyDate) == date
    ]


IN_ARCHIVE = ("ct-head", "mr-brain", "dx-chest", "ct-chest", "pt-chest", "us-heart",
              "xa-coronary", "dx-hand")  # fmt: skip
