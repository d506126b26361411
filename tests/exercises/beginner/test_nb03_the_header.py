"""Notebook 03: other right answers, and wrong ones that nobody foresaw."""

from __future__ import annotations

import textwrap

import pytest

from labkit.exercises import Verdict
from labkit.lab import Lab
from tests.exercises.beginner import learner

BEFORE = {
    "why-they-do-not-fit": "MUST_AGREE = ['FrameOfReferenceUID', 'ImageOrientationPatient', "
    "'PixelSpacing', 'Rows', 'Columns']",
    "teaching-copy": "original = lab.sample('dx-hand').datasets()[0]",
}
RENAMED = "teaching.PatientName, teaching.PatientID = 'TEACHING^HAND', 'TEACH-001'"
NEW_UIDS = "\n".join(
    f"teaching.{level}InstanceUID = generate_uid()" for level in ("Study", "Series", "SOP")
)


def attempt(lab: Lab, slug: str, source: str) -> Verdict:
    """Do what a learner does; the cell has its mark, and what the exercise needs, above."""
    source = textwrap.dedent(source)  # before lines without indentation come in
    source = source.replace("RENAMED", RENAMED).replace("NEW_UIDS", NEW_UIDS)
    before = f"mark = lab.mark()\n{BEFORE.get(slug, '')}\n"
    return learner.attempt(lab, slug, source, before=before)


RIGHT = {
    "the-physicists-question": [
        "kv, ma, field_mm = ('120', '180', '364.8')",
        "kv, ma, field_mm = (float(ds.KVP), 180, ds['ReconstructionDiameter'].value)",
        "kv, ma, field_mm = (ds[24, 96].value, ds.get('XRayTubeCurrent'), 364.8)",
    ],
    "step-in-a-sequence": [
        """
            def scheduled_step(ds):
                try:
                    return ds.RequestAttributesSequence[0].ScheduledProcedureStepID
                except (AttributeError, IndexError):
                    return None
        """,
        """
            def scheduled_step(ds):
                for i in ds.get('RequestAttributesSequence', []):
                    if 'ScheduledProcedureStepID' in i:
                        return i.ScheduledProcedureStepID
        """,
        """
            keyword = 'ScheduledProcedureStepID'
            scheduled_step = lambda ds: next(
                (i.get(keyword) for i in ds.get('RequestAttributesSequence', [])), None)
        """,
    ],
    "images-in-series": [
        """
            def images_in_series(ds):
                for e in ds.group_dataset(37):
                    if e.private_creator == 'GEMS_SERS_01' and e.tag.element & 255 == 7:
                        return int(e.value)
        """,
        """
            def images_in_series(ds):
                for b in range(16, 256):
                    c = ds.get((37, b))
                    if c is not None and c.value == 'GEMS_SERS_01':
                        e = ds.get((37, (b << 8) + 7))
                        return e.value if e is not None else None
        """,
    ],
    "why-they-do-not-fit": [
        """
            def disagreements(a, b):
                return {w for w in MUST_AGREE if getattr(a, w, None) != getattr(b, w, None)}
        """,
        """
            def disagreements(a, b):
                r = []
                for w in MUST_AGREE:
                    if (w in a) != (w in b) or (w in a and a[w] != b[w]):
                        r.append(w)
                return tuple(r)
        """,
        """
            from labkit.dicom.compare import differences

            def disagreements(a, b):
                found = [d.row.keyword for d in differences(a, b) if d.row.depth == 0]
                return [word for word in found if word in MUST_AGREE]
        """,
        """
            def disagreements(a, b):
                return {w: (a.get(w), b.get(w)) for w in MUST_AGREE if a.get(w) != b.get(w)}
        """,
    ],
    "meta-agrees": [
        """
            def meta_agrees(ds):
                meta = ds.file_meta
                return meta[2, 2].value == ds[8, 22].value and meta[2, 3].value == ds[8, 24].value
        """,
        """
            def meta_agrees(ds):
                m = ds.file_meta
                label = (str(m.MediaStorageSOPClassUID), str(m.MediaStorageSOPInstanceUID))
                return label == (str(ds.SOPClassUID), str(ds.SOPInstanceUID))
        """,
        """
            def meta_agrees(ds):
                m = ds.file_meta
                return not (m.MediaStorageSOPClassUID != ds.SOPClassUID
                            or m.MediaStorageSOPInstanceUID != ds.SOPInstanceUID)
        """,
    ],
    "teaching-copy": [
        """
            from pydicom import dcmread
            teaching = dcmread(lab.sample('dx-hand').files[0])
            RENAMED
            NEW_UIDS
            store(lab.workstn, teaching)
        """,
        """
            from labkit import HeaderBrowser
            b = HeaderBrowser(original)
            b.edit('PatientName', 'TEACHING^HAND')
            b.edit('PatientID', 'TEACH-001')
            teaching = b.edited
            NEW_UIDS
            store(lab.workstn, [teaching])
        """,
        """
            teaching = copy.deepcopy(original)
            teaching.PatientName = 'TEACHING^HAND^'
            teaching.PatientID = 'TEACH-001 '
            NEW_UIDS
            from io import BytesIO
            file = BytesIO()
            teaching.save_as(file, enforce_file_format=True)
            store(lab.workstn, file.getvalue())
        """,
    ],
}

#: By the exercise and the mistake that is recognised; ``""`` for one without a name.
WRONG = {
    ("the-physicists-question", ""): [
        "kv, ma, field_mm = (120, None, 364.8)",
        "kv, ma, field_mm = (120, 180, 36.48)",
        "kv, ma, field_mm = (120000, 180, 364.8)",
        "kv, ma, field_mm = ('120 kV', 180, 364.8)",
        "kv, ma, field_mm = (120, ..., 364.8)",
        "kv, ma, field_mm = (120, float('nan'), 364.8)",
    ],
    ("step-in-a-sequence", ""): [
        "def scheduled_step(ds): return 'SPS2600121'",
        "def scheduled_step(ds): return None",
        "def scheduled_step(ds): return ds['RequestAttributesSequence']",
        "def scheduled_step(ds): return ds.RequestAttributesSequence.ScheduledProcedureStepID",
        "scheduled_step = 'x'",
        "def scheduled_step(): pass",
        """
            def scheduled_step(ds):
                return [e.value for e in ds.iterall() if e.keyword == 'ScheduledProcedureStepID']
        """,
    ],
    ("step-in-a-sequence", "fails-without-an-order"): [
        """
            def scheduled_step(ds):
                if 'RequestAttributesSequence' in ds:
                    return ds.RequestAttributesSequence[0].ScheduledProcedureStepID
        """,
    ],
    ("images-in-series", "no-answer-without-the-vendor"): [
        """
            def images_in_series(ds):
                e = ds.get_private_item(37, 7, 'GEMS_SERS_01')
                return e.value
        """,
    ],
    ("images-in-series", ""): [
        "def images_in_series(ds): return 44",
        "def images_in_series(ds): return ds.private_block(37, 'GEMS_SERS_01')[7]",
        "def images_in_series(ds): return ds.get((37, 4103))",
        """
            def images_in_series(ds):
                try:
                    return ds.private_block(37, 'GEMS_SERS_01')[7].value
                except KeyError:
                    return 0
        """,
    ],
    ("images-in-series", "fixed-tag"): [
        "def images_in_series(ds): return ds[37, 4103].value",
    ],
    ("why-they-do-not-fit", ""): [
        """
            def disagreements(a, b):
                return bool([w for w in MUST_AGREE if a.get(w) != b.get(w)])
        """,
        """
            def disagreements(a, b):
                return ['FrameOfReferenceUID', 'PixelSpacing', 'Rows', 'Columns']
        """,
        "def disagreements(a, b): return [w for w in MUST_AGREE if a.get(w) is not b.get(w)]",
        "def disagreements(a, b): return [w for w in MUST_AGREE if a.get(w) == b.get(w)]",
        """
            def disagreements(a, b):
                return [w for w in MUST_AGREE if w in a and w in b and (a.get(w) != b.get(w))]
        """,
        """
            def disagreements(a, b):
                return [(w, a.get(w), b.get(w)) for w in MUST_AGREE if a.get(w) != b.get(w)]
        """,
    ],
    ("meta-agrees", "instance-only"): [
        "def meta_agrees(ds): return True",
        "def meta_agrees(ds): return 'yes'",
        """
            def meta_agrees(ds):
                return (ds.file_meta.MediaStorageSOPClassUID == ds.SOPClassUID
                        or ds.file_meta.MediaStorageSOPInstanceUID == ds.SOPInstanceUID)
        """,
    ],
    ("meta-agrees", ""): [
        "def meta_agrees(ds): return False",
        "def meta_agrees(ds): return ds.file_meta.SOPInstanceUID == ds.SOPInstanceUID",
        "def meta_agrees(ds): return ds.file_meta.MediaStorageSOPClassUID is ds.SOPClassUID",
    ],
    ("teaching-copy", "changed-the-original"): [
        """
            teaching = copy.copy(original)
            RENAMED
            NEW_UIDS
            store(lab.workstn, teaching)
        """,
    ],
    ("teaching-copy", "not-sent"): [
        """
            teaching = copy.deepcopy(original)
            RENAMED
            NEW_UIDS
            store(lab.archive, teaching)
        """,
    ],
    ("teaching-copy", ""): [
        """
            teaching = copy.deepcopy(original)
            NEW_UIDS
            store(lab.workstn, teaching)
        """,
        """
            teaching = copy.deepcopy(original)
            teaching.PatientName = 'HAND^TEACHING'
            teaching.PatientID = 'TEACH-001'
            NEW_UIDS
            store(lab.workstn, teaching)
        """,
        """
            teaching = copy.deepcopy(original)
            RENAMED
            teaching.StudyInstanceUID = generate_uid()
            teaching.SOPInstanceUID = generate_uid()
            store(lab.workstn, teaching)
        """,
        """
            teaching = copy.deepcopy(original)
            RENAMED
            u = generate_uid()
            teaching.StudyInstanceUID = teaching.SeriesInstanceUID = teaching.SOPInstanceUID = u
            store(lab.workstn, teaching)
        """,
    ],
}


@pytest.mark.parametrize(("slug", "source"), [(s, a) for s, group in RIGHT.items() for a in group])
def test_another_right_answer_passes(lab: Lab, slug: str, source: str) -> None:
    verdict = attempt(lab, slug, source)
    assert verdict.outcome == "passed", repr(verdict)


@pytest.mark.parametrize(("known", "source"), [(k, a) for k, group in WRONG.items() for a in group])
def test_another_wrong_answer_does_not(lab: Lab, known: tuple[str, str], source: str) -> None:
    slug, mistake = known
    verdict = attempt(lab, slug, source)
    assert verdict.outcome in ("failed", "blank"), repr(verdict)
    assert verdict.mistake == mistake, repr(verdict)
