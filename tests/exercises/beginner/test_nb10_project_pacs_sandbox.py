"""Notebook 10: right answers other than the reference, and wrong ones that nobody foresaw."""

from __future__ import annotations

import pytest

from labkit.exercises.find import find
from labkit.lab import Lab
from tests.exercises.beginner.learner import attempt

RIGHT = [
    ("project-set-up", """
        from labkit.dimse import run_tool
        mark = lab.mark()
        for node in lab.nodes.values():
            run_tool("echo", node, tool="pynetdicom", ae_title="INSTALLER")
    """),
    ("project-set-up", """
        mark = lab.mark()
        [echo(lab.nodes[n]) for n in ("WORKSTN", "ROUTER", "LEGACY", "ARCHIVE")]
    """),
    ("project-set-up", """
        mark = lab.mark()
        [echo(node, ae_title="CT1") for node in lab.nodes.values()]
    """),
    ("project-send", """
        from labkit.dicom import real_files
        my_files = {
            n: p for n, p in real_files().items() if n in ("CT_small", "MR_small", "rtplan")
        }
        for path in my_files.values():
            store(lab.archive, path, ae_title="GATEWAY")
    """),
    ("project-send", """
        import shutil, tempfile
        from pathlib import Path
        my_files = Path(tempfile.mkdtemp())
        for name in ("CT_small", "MR_small", "examples_overlay"):
            shutil.copy(real_file(name), my_files / name)
        store(lab.archive, sorted(my_files.iterdir()))
        (my_files / "README.TXT").write_text("This CD has a viewer on it.")
    """),
    ("project-send", """
        from labkit.dimse import run_tool
        my_files = tuple(
            str(real_file(name)) for name in ("CT_small", "MR_small", "examples_overlay")
        )
        run_tool("store", lab.archive, files=my_files, tool="pynetdicom")
    """),
    ("project-retrieve", """
        keys = identifier("STUDY", PatientName="CompressedSamples*", StudyInstanceUID="")
        study_uid = str(find(lab.archive, keys)[0].StudyInstanceUID)
        find(lab.archive, identifier("SERIES", StudyInstanceUID=study_uid, SeriesNumber=""))
        result = move(lab.archive, identifier("STUDY", StudyInstanceUID=study_uid), "WORKSTN")
    """),
    ("project-retrieve", """
        from pynetdicom import AE
        from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind as Find
        from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelMove as Move
        ae = AE(ae_title="SCRIPT")
        ae.add_requested_context(Find)
        ae.add_requested_context(Move)
        assoc = ae.associate(lab.archive.host, lab.archive.port, ae_title="ARCHIVE")
        keys = identifier("STUDY", PatientID=patient_id, StudyInstanceUID="")
        found = [match for _, match in assoc.send_c_find(keys, Find) if match]
        study_uid = found[0].StudyInstanceUID
        list(
            assoc.send_c_find(identifier("SERIES", StudyInstanceUID=study_uid, Modality=""), Find)
        )
        list(assoc.send_c_move(identifier("STUDY", StudyInstanceUID=study_uid), "WORKSTN", Move))
        assoc.release()
    """),
    ("project-retrieve", """
        study_uid = (
            find(lab.archive, identifier("STUDY", StudyDate="20040119", StudyInstanceUID=""))[
                0
            ].StudyInstanceUID
            + " "
        )
        study_uid = study_uid.strip()
        for match in find(
            lab.archive, identifier("SERIES", StudyInstanceUID=study_uid, SeriesInstanceUID="")
        ):
            keys = identifier(
                "SERIES", StudyInstanceUID=study_uid, SeriesInstanceUID=match.SeriesInstanceUID
            )
            move(lab.archive, keys, "WORKSTN")
    """),
    ("project-inspect", """
        ds = arrived[0]
        findings = {
            "SOPInstanceUID": ds.SOPInstanceUID,
            "Modality": ds.Modality,
            "Rows": str(ds.Rows),
            "Columns": ds.Columns,
            "lowest": float(modality_values(ds).min()),
            "highest": int(modality_values(ds).max()),
        }
    """),
    ("project-inspect", """
        ds = arrived[0]
        hu = ds.pixel_array * ds.RescaleSlope + ds.RescaleIntercept
        findings = {
            "SOPInstanceUID": ds.SOPInstanceUID,
            "Modality": ds.Modality,
            "Rows": ds.pixel_array.shape[0],
            "Columns": ds.Columns,
            "lowest": hu.min(),
            "highest": hu.max(),
        }
    """),
    ("project-inspect", """
        ds = arrived[0]
        from pydicom.pixels import apply_modality_lut
        hu = apply_modality_lut(ds.pixel_array, ds)
        findings = {
            "SOPInstanceUID": ds.SOPInstanceUID,
            "Modality": ds.Modality,
            "Rows": ds["Rows"].value,
            "Columns": ds.Columns,
            "lowest": str(hu.min()),
            "highest": hu.max(),
        }
    """),
    ("project-report", """
        notes = "The archive answers. " * 20
        ds = arrived[0]
        report = SandboxReport(
            lab, mark, notes=notes, picture=ImageViewer(ds).picture(), learner="Ida"
        )
        report.save(os.path.join(os.getcwd(), "page.html"))
    """),
]  # fmt: skip

WRONG = [
    ("project-set-up", "mark = lab.mark(); echo(lab.legacy)", ""),
    ("project-set-up", """
        mark = lab.mark()
        [echo(n) for n in (lab.archive, lab.legacy)]
    """, ""),
    ("project-set-up", """
        [echo(n) for n in lab.nodes.values()]
        mark = lab.mark()
        echo(lab.archive)
    """, "archive-only"),
    ("project-set-up", "mark = lab.mark(); lab.health(); echo(lab.workstn)", ""),
    ("project-send", "my_files = ['CT_small', 'MR_small', 'rtplan']", ""),
    ("project-send", """
        my_files = [real_file(n) for n in ("CT_small", "MR_small", "examples_overlay")]
        store(lab.archive, my_files[:2])
    """, ""),
    ("project-send", """
        my_files = [real_file("CT_small")] * 3
        store(lab.archive, my_files[0])
    """, ""),
    ("project-send", """
        from pydicom import dcmread
        my_files = [dcmread(real_file("CT_small"))]
        store(lab.archive, my_files)
    """, ""),
    ("project-retrieve", """
        study_uid = lab.sample("dx-chest").study_uid
        find(lab.archive, identifier("STUDY", PatientName="Thistlewick*"))
        find(lab.archive, identifier("SERIES", StudyInstanceUID=study_uid, SeriesInstanceUID=""))
        move(lab.archive, identifier("STUDY", StudyInstanceUID=study_uid), "WORKSTN")
    """, ""),
    ("project-retrieve", """
        study_uid = dcmread(my_files[0]).StudyInstanceUID
        find(lab.archive, identifier("STUDY", PatientID="NOBODY"))
        find(lab.archive, identifier("SERIES", StudyInstanceUID=study_uid, SeriesInstanceUID=""))
        move(lab.archive, identifier("STUDY", StudyInstanceUID=study_uid), "WORKSTN")
    """, ""),
    ("project-retrieve", """
        study_uid = find(
            lab.archive, identifier("STUDY", PatientID=patient_id, StudyInstanceUID="")
        )[0].StudyInstanceUID
        move(lab.archive, identifier("STUDY", StudyInstanceUID=study_uid), "WORKSTN")
    """, ""),
    ("project-retrieve", """
        study_uid = find(
            lab.archive, identifier("STUDY", PatientID=patient_id, StudyInstanceUID="")
        )[0].StudyInstanceUID
        find(lab.archive, identifier("SERIES", StudyInstanceUID=study_uid, SeriesInstanceUID=""))
        move(lab.archive, identifier("STUDY", StudyInstanceUID=study_uid), "LEGACY")
    """, "nothing-moved"),
    ("project-inspect", "findings = {'SOPInstanceUID': '1.2.3'}", "another-object"),
    ("project-inspect", """
        ds = arrived[0]
        findings = {
            "SOPInstanceUID": ds.SOPInstanceUID,
            "Modality": ds.Modality,
            "Rows": ds.Rows,
            "Columns": ds.Columns,
            "lowest": "low",
            "highest": "high",
        }
    """, ""),
    ("project-inspect", """
        ds = arrived[0]
        findings = {
            "SOPInstanceUID": ds.SOPInstanceUID,
            "Modality": ds.Modality,
            "Rows": ds.Rows,
            "Columns": ds.Columns,
            "lowest": 0,
            "highest": 0,
        }
    """, ""),
    ("project-inspect", """
        ds = arrived[0]
        findings = {
            "SOPInstanceUID": ds.SOPInstanceUID,
            "Modality": "MR",
            "Rows": ds.Rows,
            "Columns": ds.Columns,
            "lowest": 0,
            "highest": 0,
        }
    """, ""),
    ("project-report", "report = SandboxReport(lab, mark)", ""),
    ("project-report", """
        report = SandboxReport(lab, mark, notes="Images travel.", picture=b"", learner="Ida")
        report.save("x.html")
    """, ""),
    ("project-report", """
        notes = "The archive answers. " * 20
        report = SandboxReport(lab, mark, notes=notes, picture=b"GIF89a")
        report.save("x.html")
    """, "no-picture"),
    ("project-report", "report = 'my_report.html'", ""),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "source"), RIGHT)
def test_another_right_answer_passes(lab: Lab, slug: str, source: str) -> None:
    verdict = attempt(lab, slug, source)
    assert verdict.outcome == "passed", repr(verdict)


@pytest.mark.parametrize(("slug", "source", "mistake"), WRONG)
def test_another_wrong_answer_does_not(lab: Lab, slug: str, source: str, mistake: str) -> None:
    verdict = attempt(lab, slug, source)
    assert verdict.outcome == "failed", repr(verdict)
    assert verdict.mistake == mistake, repr(verdict)


def test_the_project_done_twice_without_a_reset(lab: Lab) -> None:
    """The second time WORKSTN has the images already, and ARCHIVE has some without Patient ID."""
    from labkit.dicom import real_file
    from labkit.dimse import store

    without_id = real_file("SC_jpeg_no_color_transform")
    store(lab.archive, without_id)
    for slug in ("project-retrieve", "project-inspect", "project-report") * 2:
        verdict = attempt(lab, slug, find(slug).load().exercise.reference)
        assert verdict.outcome == "passed", repr(verdict)
