"""Notebook 14: right answers other than the reference, and wrong ones that nobody foresaw."""

from __future__ import annotations

import pytest

from labkit.lab import Lab
from tests.exercises.beginner.learner import attempt

RIGHT = [
    ("publish-a-manifest", """
        images = lab.dicomweb.client().metadata(sample("dx-chest").study_uid)
        told = read(build(images, "mado", maker=site.maker, when=NOW))
        entry = document_entry(told)
        clinic.source.provide(submission_set(entry, NORTH, NOW), {entry: part10(write(told))})
    """),
    ("where-to-retrieve", """
        def addresses(kos, known):
            told, found = read(kos), {}
            for series in told.series:
                base = series.location.url or known[series.location.uid]
                if not base.endswith("/"):
                    base += "/"
                for one in series.instances:
                    found[one.uid] = (f"{base}studies/{told.study_uid}/series/{series.uid}"
                                      f"/instances/{one.uid}")
            return found
    """),
    ("maker-for-lakeside", """
        maker = replace(Maker.of(LAKESIDE, timezone="+0100"), institution="Lakeside Clinic")
    """),
    ("replace-after-rejection", """
        after = gather([*chest, note], "mado", maker=site.maker, when=later)
        publish(clinic.source, after, NORTH, later, replaces=entry)
    """),
    ("missing-or-silent", """
        def next_step(resolution):
            states = {one.state for one in resolution.instances}
            if states & {"missing", "rejected"}:
                return "replace"
            return "ask again" if "unknown" in states else "show"
    """),
    ("import-a-disc", """
        decisions = {"LK-21044^^^LAKESIDE": "NG-100812^^^NORTHGEN", "1001234^^^LAKESIDE": ""}
        done = carry_out(plan(medium, house, decisions=decisions), clinic.deliver, when=NOW,
                         system="IMPORTER", source="Lakeside Clinic")
    """),
    ("import-a-disc", """
        for uid, files in medium.studies.items():
            ours = {"LK-20871": "NG-100457", "LK-21044": "NG-100812"}.get(files[0].header.PatientID)
            patient = next((p for p in house if p.id == ours), None)
            for file in files if patient else ():
                from pydicom import dcmread
                clinic.store(coerce(dcmread(file.path), patient, when=NOW, system="IMPORTER"))
    """),
    ("history-of-an-id", """
        def history(ds):
            befores = [item.ModifiedAttributesSequence[0]
                       for item in ds.get("OriginalAttributesSequence") or ()] + [ds]
            return [[str(b.PatientID), str(b.get("IssuerOfPatientID", ""))]
                    for b in befores if b.get("PatientID")]
    """),
]  # fmt: skip

WRONG = [
    ("publish-a-manifest", """
        told = gather(sample("dx-chest").datasets(), maker=site.maker, when=NOW)
        publish(clinic.source, told, NORTH, NOW)
    """, "with description"),
    ("where-to-retrieve", """
        def addresses(kos, known):
            return {i.ReferencedSOPSequence[0].ReferencedSOPInstanceUID: "?"
                    for i in kos.ContentSequence if "ReferencedSOPSequence" in i}
    """, "/instances/"),
    ("maker-for-lakeside", """
        maker = Maker(timezone="+0100", patient_authority=LAKESIDE.authority,
                      location=Location(uid=LAKESIDE.images))
    """, "MADO"),
    ("what-fhir-cannot-say", """
        comes_back = {"Instance Number": False}
    """, "names as they stand"),
    ("replace-after-rejection", """
        after = without(manifest, manifest.instance_uids[:3], when=later)
        publish(clinic.source, after, NORTH, later, replaces=entry)
    """, "42 objects"),
    ("replace-after-rejection", """
        after = without(manifest, manifest.instance_uids[5:7], when=later)
        publish(clinic.source, after, NORTH, later, replaces=entry)
    """, "2 of them rejected"),
    ("what-fhir-cannot-say", """
        comes_back = {
            "Instance Number": "yes", "Retrieve AE Title": "no", "Retrieve Location UID": "yes",
            "who issued the accession number": "yes",
            "the procedure's code, (DXCHEST, 99LABKIT)": "no",
            "the series that the manifest itself is in": "no",
        }
    """, "True or False"),
    ("history-of-an-id", "history = lambda ds: 3", "LK-20871"),
    ("import-a-disc", """
        carry_out(plan(medium, house), clinic.deliver, when=NOW, system="IMPORTER")
    """, "knee-ap"),
    ("history-of-an-id", """
        def history(ds):
            return []
    """, "LK-20871"),
]  # fmt: skip


BEFORE = {
    "publish-a-manifest": "clinic = Practice()\n",
    "import-a-disc": "clinic = Practice()\n",
    "replace-after-rejection": "clinic = Practice()\n"
    "entry = publish(clinic.source, manifest, NORTH, NOW)\n",
}
"""What stands above the learner's own lines."""


@pytest.mark.parametrize(("slug", "source"), RIGHT)
def test_other_right_answers_pass(slug: str, source: str, lab: Lab) -> None:
    verdict = attempt(lab, slug, source, before=BEFORE.get(slug, ""))
    assert verdict.outcome == "passed", verdict


@pytest.mark.parametrize(("slug", "source", "says"), WRONG)
def test_wrong_answers_that_nobody_foresaw_fail(
    slug: str, source: str, says: str, lab: Lab
) -> None:
    verdict = attempt(lab, slug, source, before=BEFORE.get(slug, ""))
    assert verdict.outcome == "failed"
    assert says in f"{verdict.expected} {verdict.got}"
