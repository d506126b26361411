"""Notebook 15: right answers other than the reference, and wrong ones that nobody foresaw."""

from __future__ import annotations

import pytest

from labkit.lab import Lab
from tests.exercises.beginner.learner import attempt, passes

RIGHT = [
    ("mhd-hash", """
        def said(content):
            from labkit.exchange.mhd import digest
            return {"hash": digest(content), "size": len(content)}
    """),
    ("mhd-repair", """
        made = provide_bundle(
            [Document(letter, "text/plain", "2.25.2026150011", title="Letter")],
            Submission("2.25.2026150010", "2.25.2026150012", "2026-01-15T09:00:00Z"),
            subject=subject,
        )
        mine = mhd.send(made).bundle
    """),
    ("mhd-comprehensive", """
        full = Document(
            PDF, "application/pdf", "2.25.2026150003", title="Chest CT: report",
            creation="2026-01-13T10:00:00+00:00", language="en", type=Code(LOINC, "18748-4"),
            category=Code(LOINC, "18726-0"), facility=Code(SNOMED, "22232009"),
            setting=Code(SNOMED, "394914008"), security=(Code(CONFIDENTIALITY, "N"),),
            format=Code(FORMATS, "urn:ihe:iti:xds-sd:pdf:2008"),
            author={"resourceType": "Practitioner", "name": [{"family": "Chen"}]},
        )
    """),
    ("mhd-comprehensive", """
        full = replace(
            report, creation="2026-01-13T11:00:00+01:00", language="en",
            type=Code(LOINC, "18748-4"), category=Code(LOINC, "18726-0"),
            format=Code(FORMATS, "urn:ihe:iti:xds-sd:pdf:2008"), facility=Code(SNOMED, "22232009"),
            setting=Code(SNOMED, "394914008"), security=(Code(CONFIDENTIALITY, "N"),))
    """),
    ("mhd-images", """
        def images_of(kos, web):
            for study, series, instance in read(kos).references:
                yield from web.retrieve(study, series, instance.uid)
    """),
    ("mhd-replace", """
        sent = provide_bundle(
            [replace(new, relates=(("replaces", "DocumentReference/" + old["id"]),))],
            Submission(NORTH.source, "2.25.2026150099", "2026-01-15T10:00:00Z"), subject=subject,
        )
        made = requests.post(base, json=sent, timeout=30,
                             headers={"Content-Type": "application/fhir+json"}).json()
    """),
    ("mhd-find", """
        def manifest_for(patient, study):
            for row in mhd.find_documents(patient):
                if row["content"][0]["attachment"]["contentType"] == "application/dicom":
                    if read(mhd.retrieve(row).content).study_uid == study:
                        return row
    """),
    ("mhd-fetch", """
        def fetch(base, reference):
            from labkit.common.errors import DataError
            try:
                return MhdClient(base).retrieve(reference).content
            except DataError as error:
                raise ValueError(str(error)) from error
    """),
    ("mhd-images", """
        def images_of(kos, web):
            manifest = read(kos)
            listed = set(manifest.instance_uids)
            return [i for i in web.retrieve(manifest.study_uid) if i.SOPInstanceUID in listed]
    """),
    ("pix-other-id", """
        def other_id(pix, patient, authority):
            from labkit.exchange.pix import PixClient
            return next(iter(PixClient(pix).corresponding(patient, [authority])), None)
    """),
]  # fmt: skip

WRONG = [
    ("mhd-comprehensive", """
        full = replace(
            report, creation="2026-01-13T10:00:00+02:00", language="en",
            type=Code(LOINC, "18748-4"), category=Code(LOINC, "18726-0"),
            format=Code(FORMATS, "urn:ihe:iti:xds-sd:pdf:2008"), facility=Code(SNOMED, "22232009"),
            setting=Code(SNOMED, "394914008"), security=(Code(CONFIDENTIALITY, "N"),))
    """),
    ("mhd-repair", """
        mine = copy.deepcopy(theirs)
        mine["type"] = "transaction"
        text = letter.decode() + "="
        mine["entry"].append({"resource": {"resourceType": "Binary", "data": text}})
    """),
    ("mhd-images", "images_of = lambda kos, web: [1]"),
    ("mhd-hash", "def said(content):\n    return 3\n"),
    ("mhd-hash", "def said(content):\n    return {'size': len(content)}\n"),
    ("mhd-repair", "mine = {'resourceType': 'Bundle', 'type': 'transaction'}\n"),
    ("mhd-repair", "mine = {'resourceType': 'List'}\n"),
    ("mhd-comprehensive", "full = replace(report, creation='13.1.2026', language='en')\n"),
    ("mhd-find", "def manifest_for(patient, study):\n    return study\n"),
    ("mhd-find", "def manifest_for(patient, study):\n    return mhd.find_lists(patient)[0]\n"),
    ("mhd-fetch", "def fetch(base, reference):\n    return reference\n"),
    ("mhd-fetch", "def fetch(base, reference):\n    return requests.get(base).json()['x']\n"),
    ("mhd-images", "def images_of(kos, web):\n    return list(read(kos).instance_uids)[:3]\n"),
    ("mhd-images", "def images_of(kos, web):\n    return web.metadata(read(kos).study_uid)\n"),
    ("pix-other-id", "def other_id(pix, patient, authority):\n    return 'LK-20871'\n"),
    ("pix-other-id", "def other_id(pix, patient, authority):\n    raise SystemError('no')\n"),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "source"), RIGHT, ids=[slug for slug, _ in RIGHT])
def test_another_right_answer_passes(lab: Lab, slug: str, source: str) -> None:
    passes(lab, slug, source)


@pytest.mark.parametrize(("slug", "source"), WRONG)
def test_a_wrong_answer_that_nobody_foresaw_is_told_what_was_expected(
    lab: Lab, slug: str, source: str
) -> None:
    verdict = attempt(lab, slug, source)
    assert verdict.outcome == "failed", verdict
    assert verdict.expected


def test_a_letter_that_is_still_there_is_not_called_lost(lab: Lab) -> None:
    """Only the type was changed: the letter is where the vendor put it."""
    source = "mine = copy.deepcopy(theirs)\nmine['type'] = 'transaction'\n"
    verdict = attempt(lab, "mhd-repair", source)
    assert verdict.outcome == "failed"
    assert not verdict.mistake
