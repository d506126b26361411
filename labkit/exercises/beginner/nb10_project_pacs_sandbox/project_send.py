"""Project 2: bring real images in.

Real files from real machines, or your own: at least three, of at least two kinds.
"""

from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.common.errors import LabkitError
from labkit.dicom import read
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.evidence import exchanges

EXERCISE = Exercise(
    given="""
        from labkit.dicom import real_file
        from labkit.dimse import store
        mark = lab.mark()
    """,
    blank="""
        my_files = ...  # three or more DICOM files, of two or more kinds, as paths
        ...  # send them to ARCHIVE, with any tool
    """,
    answer="my_files",
    expects=(list, tuple, set, dict, str, Path),
    reference="""
        my_files = [real_file(name) for name in ("CT_small", "MR_small", "examples_overlay")]
        result = store(lab.archive, my_files)
    """,
    explanation="""
        store() looks at each file for its SOP class and transfer syntax, proposes them, and sends
        the file as it is. An image counts as sent when its own response says Success, not when the
        tool ends. DCMTK does the same with `storescu -R` and tells each status with -v. If one
        file is refused, the others still go: read the list to its end.
    """,
    hints=(
        "real_file(name) gives the path of one of pydicom's real files, and real_files() all "
        "names. Your own files are paths too.",
        "CT_small is a CT and MR_small an MR: two kinds. Any third one will do.",
        'my_files = [real_file("CT_small"), real_file("MR_small"), real_file("examples_overlay")], '
        "then store(lab.archive, my_files).",
    ),
    wrong=(
        Wrong(
            "one-kind-only",
            """
            my_files = [real_file(n) for n in ("chrArab", "chrFren", "chrGerm")]
            store(lab.archive, my_files)
            """,
            """All of them are of one kind (one SOP class). A sandbox that has only seen one
            modality proves little: most trouble begins with the second.""",
        ),
        Wrong(
            "not-sent",
            """
            my_files = [real_file(name) for name in ("CT_small", "MR_small", "examples_overlay")]
            """,
            """You chose the files and have not sent them. The archive has no record of them.""",
        ),
        Wrong(
            "sent-elsewhere",
            """
            my_files = [real_file(name) for name in ("CT_small", "MR_small", "examples_overlay")]
            store(lab.workstn, my_files)
            """,
            """You sent them to WORKSTN. Images belong in the archive first; the workstation fetches
            what it wants to show.""",
        ),
    ),
)

RULE = cite("PS3.4", "B.2.3")


def check(work: Work) -> Verdict:
    """Follow every file of the list into the archive's record."""
    expected = "three or more files of two or more kinds, each stored by ARCHIVE"
    try:
        objects = [read(path) for path in _paths(work.answer)]
    except (LabkitError, OSError, TypeError, ValueError) as error:
        return failed(expected=expected, got=str(error), rule=RULE)
    if not objects:
        return blank()
    classes = {str(ds.SOPClassUID) for ds in objects if "SOPClassUID" in ds}
    uids = {str(ds.SOPInstanceUID) for ds in objects if "SOPInstanceUID" in ds}
    found = exchanges(work, "ARCHIVE", "C-STORE")
    stored = {x.sop_instance_uid for x in found if x.succeeded}
    if not uids & stored:
        elsewhere = any(exchanges(work, n, "C-STORE") for n in ("WORKSTN", "LEGACY", "ROUTER"))
        got = "they went to another node" if elsewhere else "ARCHIVE has no record of them"
        mistake = "sent-elsewhere" if elsewhere else "not-sent"
        return failed(expected=expected, got=got, rule=RULE, mistake=mistake)
    if len(uids) < 3:
        return failed(expected=expected, got=f"{len(uids)} different objects", rule=RULE)
    if len(classes) < 2:
        return failed(expected=expected, got="one SOP class", rule=RULE, mistake="one-kind-only")
    missing = len(uids - stored)
    if missing:
        refused = sorted({str(x.status) for x in found if x.sop_instance_uid in uids - stored})
        got = f"{missing} of {len(uids)} not stored: {', '.join(refused) or 'never sent'}"
        why = "Read the status and the archive's log; mend the file, or leave it out of the list."
        return failed(expected=expected, got=got, rule=RULE, why=why)
    return passed(f"{len(uids)} objects of {len(classes)} SOP classes are stored.", rule=RULE)


def _paths(answer: Any) -> list[Any]:
    """The files of the answer; a folder stands for what is in it."""
    if isinstance(answer, dict):  # as real_files() gives them: name and path
        answer = list(answer.values())
    items = [answer] if isinstance(answer, (str, Path)) else list(answer)
    paths: list[Any] = []
    for item in items:
        if isinstance(item, Dataset):
            raise TypeError("data sets; give the files themselves, as paths")
        if Path(item).is_dir():
            # A CD has a viewer and a DICOMDIR on it as well; these are no images.
            files = (p for p in sorted(Path(item).rglob("*")) if p.is_file())
            paths += [p for p in files if p.name != "DICOMDIR" and _is_dicom(p)]
        elif not Path(item).is_file():
            raise ValueError(f"there is no file {item}; real_file(name) gives the path of a name")
        else:
            paths.append(Path(item))
    return paths


def _is_dicom(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"
