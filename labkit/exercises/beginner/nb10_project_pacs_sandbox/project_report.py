"""Project 5: hand in your report.

One page, written from what the machines recorded; only the words are yours.
"""

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed
from labkit.exercises.report import SandboxReport

_NOTES = (
    "The modality asks the worklist what is scheduled and makes the images. It opens an "
    "association with ARCHIVE, proposes a presentation context for each kind of object, and "
    "sends them with C-STORE; each is acknowledged by a status. The workstation searches with "
    "C-FIND and has the archive send the study with C-MOVE, over a second association."
)
_REFERENCE = f"""
    notes = {_NOTES!r}
    image = next(ds for ds in arrived if "PixelData" in ds)
    report = SandboxReport(lab, mark, notes=notes, picture=ImageViewer(image).picture())
    report.save("my_report.html")
"""

EXERCISE = Exercise(
    given="""
        import os, tempfile
        os.chdir(tempfile.mkdtemp())
        from labkit import ImageViewer
        from labkit.exercises.report import SandboxReport
        from labkit.dicom import real_file
        from labkit.dimse import echo, find, identifier, move, store
        from pydicom import dcmread
        mark = lab.mark()
        for node in (lab.archive, lab.legacy, lab.router, lab.workstn):
            echo(node)
        my_files = [real_file(name) for name in ("CT_small", "MR_small", "examples_overlay")]
        store(lab.archive, my_files)
        keys = identifier("STUDY", PatientID=dcmread(my_files[0]).PatientID, StudyInstanceUID="")
        find(lab.archive, keys)
        study_uid = dcmread(my_files[0]).StudyInstanceUID
        find(lab.archive, identifier("SERIES", StudyInstanceUID=study_uid, Modality=""))
        move(lab.archive, identifier("STUDY", StudyInstanceUID=study_uid), "WORKSTN")
        arrived = [ds for ds in lab.received("WORKSTN") if ds.StudyInstanceUID == study_uid]
    """,
    blank="""
        report = ...  # a SandboxReport with your notes and a picture, saved as a file
    """,
    answer="report",
    expects=SandboxReport,
    reference=_REFERENCE,
    explanation="""
        The page has what an acceptance protocol has: which machines answered, what was sent and
        with which status, what was asked, what was moved and how much of it arrived, and a picture
        that shows that it can be read. It was written from the PDU traces of the nodes, so anyone
        who has the traces can write it again. Keep it: in the intermediate track you will read
        such traces where something is wrong.
    """,
    hints=(
        'notes are your words on how an image travels here; picture is ImageViewer(ds).picture().',
        "report.marks, or the report itself as the last line of a cell, says what is missing.",
        'report = SandboxReport(lab, mark, notes="…", picture=ImageViewer(ds).picture()), then '
        'report.save("my_report.html").',
    ),
    wrong=(
        Wrong(
            "no-words",
            _REFERENCE.replace("notes=notes, ", ""),
            """Your own words are missing. Say in a few sentences how an image travels through this
            sandbox: who calls whom, and with which message.""",
        ),
        Wrong(
            "no-picture",
            _REFERENCE.replace(", picture=ImageViewer(image).picture()", ""),
            """There is no picture of what arrived. ImageViewer(ds).picture() gives one.""",
        ),
        Wrong(
            "not-saved",
            _REFERENCE.replace('report.save("my_report.html")', ""),
            """The report is complete and only in memory. Save it: a page that nobody can open
            proves nothing.""",
        ),
        Wrong(
            "nothing-since-the-mark",
            _REFERENCE.replace("SandboxReport(lab, mark,", "SandboxReport(lab, lab.mark(),"),
            """The report begins at a mark after which nothing has happened. Use the mark from the
            beginning of the project.""",
        ),
    ),
)  # fmt: skip

RULE = cite("PS3.4", "C.4.2")


def check(work: Work) -> Verdict:
    """Mark the project as a whole, by a report written anew from the lab's evidence."""
    report: SandboxReport = work.answer
    unmet = [mark for mark in report.marks if not mark.met]
    total = len(report.marks)
    if not unmet and report.saved is not None and report.saved.is_file():
        return passed(f"{total} of {total} points. Open the page, and print it.", rule=RULE)
    expected = f"{total} of {total} points, and the page as a file"
    if not unmet:
        return failed(expected=expected, got="it was not saved", rule=RULE, mistake="not-saved")
    got = f"{total - len(unmet)} of {total}; open: " + "; ".join(
        f"{mark.what} ({mark.evidence})" for mark in unmet
    )
    mistake = ""
    if len(unmet) >= 5 and not any(report.echoes.values()) and not report.sent:
        mistake = "nothing-since-the-mark"
    elif [m.what for m in unmet] == [report.marks[-1].what]:
        mistake = "no-words"
    elif [m.what for m in unmet] == [report.marks[-2].what]:
        mistake = "no-picture"
    return failed(expected=expected, got=got, rule=RULE, mistake=mistake)
