"""Gateway 2: map what was found, for an EHR that has its own patients.

What the archive said becomes one transaction, which creates no second patient.
"""

from collections.abc import Callable
from typing import Any

from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.intermediate.nb11_project_fhir_imaging_gateway._ehr import IMPORTS, MAP, READ

EXERCISE = Exercise(
    given=IMPORTS + READ,
    blank="""
        def to_bundle(headers):
            ...  # a transaction Bundle of the one study in the headers, as a dict

        # North General is in Europe/London; its numbers: https://north-general.example/patient-id
    """,
    answer="to_bundle",
    expects=Callable,  # type: ignore[arg-type]
    reference=MAP,
    explanation="""
        The three things that DICOM cannot say are in the site file: the zone, the system of the
        issuer, and that patients are found and not created. The reference
        Patient?identifier=system|value is resolved by the server while it takes the transaction.
        Each entry is a PUT to an id made from the Study Instance UID, and so the same study is the
        same resource tomorrow. Series and instances are counted from the headers.
    """,
    hints=(
        "labkit.fhir.mapping does it: a Site, a StudyBuilder, and the right kind of Bundle. "
        "Notebook 08 has the parts.",
        "The site needs zone, [issuer] with NORTHGEN, and [policy] with Patient = \"conditional\".",
        "builder = StudyBuilder(site=site); builder.add(header) for each; return "
        'builder.studies()[0].bundle("transaction").',
    ),
    wrong=(
        Wrong(
            "no-system",
            MAP.replace('NORTHGEN = "https://north-general.example/patient-id"', ""),
            """The issuer has no system, so the number is anybody's: 1001234 is Posy at North
            General and somebody else at Lakeside.""",
        ),
        Wrong(
            "logical",
            MAP.replace('Patient = "conditional"', 'Patient = "logical"'),
            """You name the patient by her number alone, a logical reference. The server does not
            resolve it, so a search by patient finds no study. Ask it to: policy conditional.""",
        ),
        Wrong(
            "own-patient",
            MAP.replace('Patient = "conditional"', 'Patient = "create"'),
            """The Bundle brings a Patient of its own, beside the one that the EHR has. From
            then on she has two records.""",
        ),
        Wrong(
            "collection",
            MAP.replace('"transaction"', '"collection"'),
            """A collection is a heap of resources: no entry says what to do with it, and a server
            that takes it does nothing.""",
        ),
        Wrong(
            "no-zone",
            MAP.replace('zone = "Europe/London"', ""),
            """Without a zone FHIR takes no time of day, and all studies of the day begin at the
            same moment. The site can tell it.""",
        ),
        Wrong(
            "bare-uid",
            MAP.replace(
                'return builder.studies()[0].bundle("transaction")',
                """bundle = builder.studies()[0].bundle("transaction")
        for name in bundle["entry"][0]["resource"]["identifier"]:
            name["value"] = name["value"].replace("urn:oid:", "")
        return bundle""",
            ),
            """The Study Instance UID is there without urn:oid:. A search by
            urn:dicom:uid|urn:oid:… does not find it.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("FHIR R4", "http"), cite("FHIR R4", "imagingstudy"))
UID = "1.2.826.0.1.3680043.10.2222.11"


def _header(number: int) -> Dataset:
    ds = Dataset()
    ds.PatientID, ds.IssuerOfPatientID, ds.PatientName = "1001234", "NORTHGEN", "Brackenfold^Posy"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = UID, f"{UID}.{number % 2 + 1}"
    ds.StudyDate, ds.StudyTime, ds.AccessionNumber = "20260712", "081500", "NG2600199"
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", f"{UID}.9.{number}"
    ds.Modality, ds.InstanceNumber = "CT", number
    return ds


def check(work: Work) -> Verdict:
    """Hand it headers of a study that the learner has not seen."""
    got = work.call([_header(n) for n in range(1, 6)])
    if got is None or got is ...:
        return blank()
    if not isinstance(got, dict) or got.get("resourceType") != "Bundle":
        return failed(expected="a Bundle, as a dict", got=got, rule=RULE)
    entries: list[dict[str, Any]] = got.get("entry") or []
    if got.get("type") != "transaction" or not all("request" in e for e in entries):
        return failed(expected="a transaction, whose entries say what to do",
                      got=f"a {got.get('type')}", rule=RULE, mistake="collection")  # fmt: skip
    kinds = [e["resource"]["resourceType"] for e in entries]
    if kinds.count("ImagingStudy") != 1:
        return failed(expected="one ImagingStudy", got=", ".join(kinds) or "none", rule=RULE)
    if "Patient" in kinds:
        return failed(expected="no Patient: the EHR has her", got="a Patient in the Bundle",
                      rule=RULE, mistake="own-patient")  # fmt: skip
    entry = entries[kinds.index("ImagingStudy")]
    return _judge(entry["resource"], entry["request"])


def _judge(study: dict[str, Any], request: dict[str, Any]) -> Verdict:
    uids = [i.get("value") for i in study.get("identifier", ())
            if i.get("system") == "urn:dicom:uid"]  # fmt: skip
    subject = study.get("subject", {}).get("reference", "")
    named = study.get("subject", {}).get("identifier") or {}
    system = "https://north-general.example/patient-id"
    search = f"Patient?identifier={system}|1001234"
    idempotent = request.get("method") == "PUT" or request.get("ifNoneExist")
    points = (
        (uids == [f"urn:oid:{UID}"], f"identifier urn:dicom:uid|urn:oid:{UID}", uids, "bare-uid"),
        (subject.replace("%7C", "|") == search, f"subject {search}", subject or "no reference",
         "logical" if named.get("system") == system else "no-system"),
        (study.get("started") == "2026-07-12T08:15:00+01:00",
         "started 2026-07-12T08:15:00+01:00: summer time in London", study.get("started"),
         "no-zone" if study.get("started") == "2026-07-12" else ""),
        ((study.get("numberOfSeries"), study.get("numberOfInstances")) == (2, 5),
         "2 series and 5 instances",
         f"{study.get('numberOfSeries')} and {study.get('numberOfInstances')}", ""),
        (bool(idempotent), "a PUT, or a POST with ifNoneExist", request.get("method"), ""),
    )  # fmt: skip
    for right, expected, got, mistake in points:
        if not right:
            return failed(expected=expected, got=got, rule=RULE, mistake=mistake)
    return passed("A study of a patient whom the server is to find, counted and timed.", rule=RULE)
