"""Send a whole study to the archive.

The act of every modality after every examination: C-STORE, each object with its own answer.
"""

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.beginner.nb07_send._sent import elsewhere, sent, stored, uids_of
from labkit.exercises.evidence import traces

EXERCISE = Exercise(
    given="""
        from labkit.dimse import run_tool, store
    """,
    blank="""
        mark = lab.mark()
        mammogram = lab.sample("mg-screening")

        ...  # send all of it to ARCHIVE, with the tool you like best
    """,
    reference="""
        mark = lab.mark()
        mammogram = lab.sample("mg-screening")

        store(lab.archive, mammogram.files)
    """,
    explanation="""
        A study is not sent as one thing: there is one C-STORE request for each object, and each has
        an answer of its own, so half a study may arrive. store() looked at the four files first and
        proposed their transfer syntax, JPEG 2000 Lossless, beside the SOP class. A sender that had
        proposed uncompressed syntaxes only could not have sent them without decoding them. Run the
        cell again and nothing breaks: the archive already has these very objects, and says Success.
    """,
    hints=(
        "You sent the follow-up CT of Tobias Quillfeather at the beginning of this notebook. This "
        "is the same act with another study.",
        "mammogram.files is the list of its files. All of them belong to the study, not the first "
        "only.",
        "store() takes the node first, then the files: store(lab.archive, …).",
    ),
    wrong=(
        Wrong(
            "other-node",
            """
            mark = lab.mark()
            mammogram = lab.sample("mg-screening")
            store(lab.workstn, mammogram.files)
            """,
            """You sent it to another node. A workstation shows what it is sent, but nobody will
            find the study there next year: the archive does not have it.""",
        ),
        Wrong(
            "one-view",
            """
            mark = lab.mark()
            mammogram = lab.sample("mg-screening")
            store(lab.archive, mammogram.files[0])
            """,
            """A part of the study is in the archive, and the rest is not. A mammogram has four
            views, each an object of its own with its own C-STORE. Nothing in the archive shows that
            three are missing, so nobody would notice before the radiologist does.""",
        ),
        Wrong(
            "proposed-uncompressed",
            """
            mark = lab.mark()
            from pydicom import dcmread
            from pydicom.uid import ImplicitVRLittleEndian
            from pynetdicom import build_context
            from labkit.dimse import associate
            mammogram = lab.sample("mg-screening")
            ds = dcmread(mammogram.files[0])
            wanted = [build_context(ds.SOPClassUID, ImplicitVRLittleEndian)]
            with associate(lab.archive, wanted) as link:
                try:
                    link.assoc.send_c_store(ds)
                except ValueError:
                    pass
            """,
            """The association was accepted, and then no C-STORE went over it. What was proposed did
            not fit the files: they are JPEG 2000, so that transfer syntax has to be proposed with
            their SOP class. DCMTK's storescu needs the option -xv for it.""",
        ),
        Wrong(
            "another-study",
            """
            mark = lab.mark()
            store(lab.archive, lab.sample("dx-hand").files)
            """,
            """Something was sent and stored, but not the mammogram. Look at what you give to
            store(): it is lab.sample("mg-screening") that has to go.""",
        ),
    ),
)

RULE = cite("PS3.4", "B.2")


def check(work: Work) -> Verdict:
    """Count the mammogram's objects among those that ARCHIVE acknowledged since the mark."""
    wanted = uids_of(work.lab.sample("mg-screening"))
    there = stored(work, "ARCHIVE") & wanted
    expected = f"ARCHIVE has acknowledged the {len(wanted)} objects of the mammogram"
    if there == wanted:
        return passed(
            f"ARCHIVE answered {len(wanted)} C-STORE requests of the study, each with success.",
            rule=RULE,
        )
    tried = sent(work, "ARCHIVE")
    if there:
        got = f"{len(there)} of them"
        return failed(expected=expected, got=got, rule=RULE, mistake="one-view")
    if refused := [tried[uid] for uid in sorted(wanted & set(tried))]:
        return failed(expected=expected, got=f"it answered {refused[0]}", rule=RULE)
    if tried:
        got = f"{len(tried)} other objects"
        return failed(expected=expected, got=got, rule=RULE, mistake="another-study")
    if name := elsewhere(work, "ARCHIVE"):
        got = f"no C-STORE at ARCHIVE, but some at {name}"
        return failed(expected=expected, got=got, rule=RULE, mistake="other-node")
    if traces(work, "ARCHIVE"):
        return failed(
            expected=expected,
            got="an association without a C-STORE on it",
            rule=(RULE, cite("PS3.8", "9.3.2.2")),
            mistake="proposed-uncompressed",
        )
    return blank()
