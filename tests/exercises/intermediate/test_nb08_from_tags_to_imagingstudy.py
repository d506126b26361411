"""Notebook 08: right answers other than the reference, and wrong ones that nobody foresaw."""

from __future__ import annotations

import pytest

from labkit.lab import Lab
from tests.exercises.beginner.learner import falls_short, passes

RIGHT = [
    ("study-modalities", """
        def study_modalities(headers):
            out = []
            for ds in headers:
                if "Modality" in ds and ds.Modality and ds.Modality not in NO_ACQUISITION:
                    out.append(str(ds.Modality)) if ds.Modality not in out else None
            return tuple(sorted(out))
    """),
    ("study-started", """
        def started(ds, site_zone=None):
            d, t = str(ds.StudyDate), str(ds.get("StudyTime") or "")
            day = f"{d[:4]}-{d[4:6]}-{d[6:]}"
            o = ds.get("TimezoneOffsetFromUTC")
            if not t:
                return day
            if o:
                return f"{day}T{t[:2]}:{t[2:4]}:{t[4:]}{o[:3]}:{o[3:]}"
            if not site_zone:
                return day
            moment = datetime.fromisoformat(f"{day}T{t[:2]}:{t[2:4]}:{t[4:6]}")
            return moment.replace(tzinfo=ZoneInfo(site_zone)).isoformat()
    """),
    ("who-issued-it", """
        site = Site(
            issuer={"NORTHGEN": "https://north-general.example/patient-id",
                    "LAKESIDE": "https://lakeside-clinic.example/patient-id"},
            policy={"Patient": "conditional"},
        )
    """),
    ("the-official-table", """
        mended = MappingTable.load()
    """),
    ("the-official-table", """
        mended = (
            printed
            .replaced("study.accession", source="(0008,0050) + (0008,0051)")
            .replaced("study.instances", source="#instances")
            .replaced("study.started", source="(0008,0020) + (0008,0030) + (0008,0201)")
            .replaced("instance.title.label", source="(0070,0080)")
        )
    """),
    ("what-to-ask-the-site", """
        from collections import Counter

        def to_ask(studies):
            return Counter(r for s in studies for r in {o.reason for o in s.trail.omissions}
                           if r in SITE_CAN_TELL)
    """),
    ("the-stranger", """
        def strangers(headers, patient_id, issuer):
            out = set()
            for ds in headers:
                if ds.PatientID != patient_id or ds.IssuerOfPatientID != issuer:
                    out.add(str(ds.SOPInstanceUID))
            return out
    """),
    ("accession-in-both", """
        def accession(study):
            refs = [r["identifier"] for r in study.get("basedOn", []) if "identifier" in r]
            for i in refs + study.get("identifier", []):
                if any(c["code"] == "ACSN" for c in i.get("type", {}).get("coding", [])):
                    return i["value"]
    """),
]  # fmt: skip

WRONG = [
    ("study-modalities", "def study_modalities(headers):\n    return 3\n", ""),
    ("study-modalities", "def study_modalities(headers):\n    return headers[0].Modality\n", ""),
    ("study-started", "def started(ds, site_zone=None):\n    return '2026-07-12'\n", ""),
    ("study-started", "def started(ds, site_zone=None):\n    return 1 / 0\n", ""),
    ("who-issued-it", "site = Site()\n", ""),
    ("the-official-table", "mended = MappingTable([])\n", ""),
    ("what-to-ask-the-site", "def to_ask(studies):\n    return ['no-zone']\n", ""),
    ("what-to-ask-the-site", "def to_ask(studies):\n    return {'no-zone': 1}\n", ""),
    ("the-stranger", "def strangers(headers, patient_id, issuer):\n    return 3\n", ""),
    ("the-stranger", "def strangers(headers, patient_id, issuer):\n    return []\n",
     "number-alone"),
    ("accession-in-both", "def accession(study):\n    return 'NG2600106'\n", "second-identifier"),
    ("post-what-was-mapped", """
        study = mammogram(site)
        requests.post(base, json=study.bundle("transaction"))
        requests.post(base, json=study.bundle("transaction"))
        found = requests.get(f"{base}/ImagingStudy", params={"identifier": "nothing"})
     """, ""),
    ("post-what-was-mapped", """
        study = mammogram(site)
        found = requests.post(base, json={"resourceType": "Bundle", "type": "transaction"})
     """, ""),
    ("post-what-was-mapped", """
        found = requests.post(base, json=mammogram(site).bundle("collection"))
     """, ""),
    ("the-official-table", """
        mended = MappingTable.load().replaced("study.instances", source="#series")
     """, ""),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "source"), RIGHT)
def test_another_right_answer_passes(running_lab: Lab, slug: str, source: str) -> None:
    passes(running_lab, slug, source)


@pytest.mark.parametrize(("slug", "source", "mistake"), WRONG)
def test_a_wrong_answer_does_not_pass(
    request: pytest.FixtureRequest, slug: str, source: str, mistake: str
) -> None:
    fresh = slug == "post-what-was-mapped"  # the others look at no lab
    lab: Lab = request.getfixturevalue("lab" if fresh else "running_lab")
    falls_short(lab, slug, source, mistake)
