"""Notebook 10: right answers other than the reference, and wrong ones that nobody foresaw."""

from __future__ import annotations

import pytest

from labkit.lab import Lab
from tests.exercises.beginner.learner import falls_short, passes

RIGHT = [
    ("report-measurements", """
        def measurements(sr):
            todo, out = [sr], []
            while todo:
                item = todo.pop()
                if item.get("ValueType") == "NUM" and item.get("MeasuredValueSequence"):
                    m = item.MeasuredValueSequence[0]
                    out.append([item.ConceptNameCodeSequence[0].CodeMeaning, m.NumericValue,
                                m.MeasurementUnitsCodeSequence[0].CodeValue])
                todo.extend(reversed(item.get("ContentSequence") or []))
            return out
    """),
    ("report-status", """
        def status(sr):
            if sr.get("CompletionFlag") is None:
                return "unknown"
            if sr.CompletionFlag == "PARTIAL" or sr.VerificationFlag == "UNVERIFIED":
                return "partial"
            if sr.get("PreliminaryFlag") == "PRELIMINARY":
                return "preliminary"
            return "amended" if "PredecessorDocumentsSequence" in sr else "final"
    """),
    ("letter-attachment", """
        def attachment(doc):
            n = doc.get("EncapsulatedDocumentLength") or len(doc.EncapsulatedDocument)
            data = bytes(doc.EncapsulatedDocument)[:n]
            text = lambda b: base64.standard_b64encode(b).decode("ascii")
            return {"title": "x", "contentType": str(doc.MIMETypeOfEncapsulatedDocument),
                    "data": text(data), "hash": text(hashlib.new("sha1", data).digest()),
                    "size": n}
    """),
    ("dose-totals", """
        def dose_length_product(sr):
            for part in sr.ContentSequence:
                for item in part.ContentSequence:
                    if item.ConceptNameCodeSequence[0].CodeValue == "113813":
                        m = item.MeasuredValueSequence[0]
                        return [m.NumericValue, m.MeasurementUnitsCodeSequence[0].CodeValue]
    """),
    ("reports-of-a-patient", """
        def reports(base, system, value):
            who = requests.get(f"{base}/Patient", params={"identifier": f"{system}|{value}"})
            out = []
            for entry in who.json().get("entry", []):
                found = requests.get(f"{base}/DiagnosticReport", params={
                    "subject": f"Patient/{entry['resource']['id']}", "_count": "500"}).json()
                out += [e["resource"] for e in found.get("entry", [])
                        if e["resource"]["status"] != "entered-in-error"]
            return out
    """),
    ("file-the-addendum", """
        changed = {**report, "status": "amended"}
        changed["conclusion"] = f"{report['conclusion']} {addendum}"
        etag = requests.get(f"{base}/DiagnosticReport/{report['id']}").headers["ETag"]
        response = requests.put(f"{base}/DiagnosticReport/{report['id']}", json=changed,
                                headers={"if-match": etag})
    """),
]  # fmt: skip

WRONG = [
    ("report-measurements", "def measurements(sr):\n    return 3\n"),
    ("report-measurements", "def measurements(sr):\n    return []\n"),
    ("report-measurements", "def measurements(sr):\n    return 1 / 0\n"),
    ("report-status", "def status(sr):\n    return 'partial'\n"),
    ("report-status", "def status(sr):\n    return ['final']\n"),
    ("report-status", "def status(sr):\n    return sr.CompletionFlag.lower()\n"),
    ("letter-attachment", "def attachment(doc):\n    return {}\n"),
    ("letter-attachment", "def attachment(doc):\n    return b'%PDF'\n"),
    ("dose-totals", "def dose_length_product(sr):\n    return 812.5\n"),
    ("dose-totals", "def dose_length_product(sr):\n    return 812.5, 'mGy.cm'\n"),
    ("reports-of-a-patient", "def reports(base, system, value):\n    return 7\n"),
    ("reports-of-a-patient", "def reports(base, system, value):\n    return []\n"),
    ("file-the-addendum", "response = requests.get(base + '/metadata')\n"),
    ("file-the-addendum", """
        response = requests.put(f"{base}/DiagnosticReport/{report['id']}", json=report,
                                headers={"If-Match": 'W/"999"'})
    """),
    ("file-the-addendum", """
        changed = {**report, "status": "cancelled", "conclusion": report["conclusion"] + addendum}
        response = requests.put(f"{base}/DiagnosticReport/{report['id']}", json=changed)
    """),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "source"), RIGHT)
def test_another_right_answer_passes(running_lab: Lab, slug: str, source: str) -> None:
    passes(running_lab, slug, source)


@pytest.mark.parametrize(("slug", "source"), WRONG)
def test_a_wrong_answer_does_not_pass(running_lab: Lab, slug: str, source: str) -> None:
    falls_short(running_lab, slug, source)
