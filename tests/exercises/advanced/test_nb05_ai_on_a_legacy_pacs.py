"""Notebook 05: right answers other than the reference, and wrong ones that nobody foresaw."""

from __future__ import annotations

import pytest

from labkit.lab import Lab
from tests.exercises.beginner.learner import attempt, passes

RIGHT = [
    ("ai-choose-series", """
        def choose(web, study):
            rows = web.series(study, includefield="SeriesNumber")
            return {int(row.SeriesNumber): str(row.SeriesInstanceUID) for row in rows}[2]
    """),
    ("ai-hounsfield", """
        from labkit.dicom.pixels import hounsfield
        def blood(ds):
            return [[50 < v < 90 for v in row] for row in hounsfield(ds).tolist()]
    """),
    ("ai-volume", """
        from labkit.dicom.geometry import pixel_spacing, slice_position
        def millilitres(marked):
            one = {str(ds.SOPInstanceUID): (slice_position(ds), n) for ds, n in marked}
            where = sorted(at for at, _ in one.values())
            spacing = pixel_spacing(marked[0][0])
            voxel = spacing.row_mm * spacing.column_mm * float(np.median(np.diff(where)))
            return np.float64(sum(n for _, n in one.values()) * voxel / 1000)
    """),
    ("ai-seg-frames", """
        def pairs(images, masks):
            by_uid = {ds.SOPInstanceUID: ds for ds in images}
            return [by_uid[uid] for uid in masks], np.array(list(masks.values())).astype("uint8")
    """),
    ("ai-preliminary", """
        def as_report(sr):
            status = {"UNVERIFIED": "preliminary"}.get(sr.VerificationFlag, "final")
            return {"resourceType": "DiagnosticReport", "status": status, "code": {"text": "AI"},
                    "conclusion": sr.ManufacturerModelName + ", version " + sr.SoftwareVersions}
    """),
    ("ai-twice-is-once", """
        def publish(report):
            name = report["identifier"][0]
            bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [{
                "resource": report, "request": {"method": "POST", "url": "DiagnosticReport",
                "ifNoneExist": f"identifier={name['system']}|{name['value']}"}}]}
            requests.post(base, json=bundle, timeout=30).raise_for_status()
        publish(report); publish(report)
    """),
    ("ai-retry-after", """
        def fetch(get, sleep):
            answer, left = get(), 4
            while left and answer.status_code == 503 and "Retry-After" in answer.headers:
                sleep(float(answer.headers["Retry-After"]))
                answer, left = get(), left - 1
            if not answer.ok:
                raise RuntimeError(f"given up: {answer.status_code}")
            return answer
    """),
    ("ai-cost", """
        def cost(traces):
            total = {"questions": 0, "objects": 0, "bytes": 0}
            for trace in traces:
                if trace["cache"] == "shared":
                    continue
                for step in trace["steps"]:
                    if step["service"] == "C-FIND":
                        total["questions"] += 1
                    else:
                        total["objects"] += step["count"]
                        total["bytes"] += step["bytes"]
            return total
    """),
    ("ai-results-home", """
        done = run(web, results=lab.dicomweb.client(), way="series", StudyInstanceUID=study)
    """),
]  # fmt: skip

WRONG = [
    ("ai-choose-series", "def choose(web, study):\n    return study\n"),
    ("ai-choose-series", "def choose(web, study):\n    return str(heads[1].SeriesInstanceUID)\n"),
    ("ai-hounsfield", "def blood(ds):\n    return 3\n"),
    ("ai-hounsfield", "def blood(ds):\n    return ds.pixel_array > 50\n"),
    ("ai-volume", "def millilitres(marked):\n    return 'much'\n"),
    ("ai-volume", "def millilitres(marked):\n    return 1.44\n"),
    ("ai-seg-frames", "def pairs(images, masks):\n    return images\n"),
    ("ai-seg-frames", "def pairs(images, masks):\n    return images[:2], list(masks.values())\n"),
    ("ai-preliminary", "def as_report(sr):\n    return 'preliminary'\n"),
    ("ai-preliminary", "def as_report(sr):\n    return {'resourceType': 'DiagnosticReport'}\n"),
    ("ai-preliminary", """
        def as_report(sr):
            return {"resourceType": "DiagnosticReport", "status": "preliminary",
                    "code": {"text": "AI"}, "conclusion": "bleed-o-matic 4.2.1"}
    """),
    ("ai-twice-is-once", "def publish(report):\n    raise SystemError('no network')\n"),
    ("ai-retry-after", "def fetch(get, sleep):\n    sleep(27)\n    get()\n    return get()\n"),
    ("ai-cost", "def cost(traces):\n    return 25\n"),
    ("ai-cost", "def cost(traces):\n    return {'questions': 4}\n"),
    ("ai-results-home", "done = 'ARCHIVE'\n"),
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
