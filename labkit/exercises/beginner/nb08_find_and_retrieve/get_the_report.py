"""Fetch the report, and nothing else, with C-GET.

C-GET brings the objects back over the association that you opened (PS3.4 C.4.3).
"""

from __future__ import annotations

from pydicom import Dataset

from labkit.common import cite
from labkit.dimse import GetResult, decode_messages
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.beginner.nb08_find_and_retrieve._asked import asked, value
from labkit.exercises.evidence import Exchange, exchanges

EXERCISE = Exercise(
    given="""
        from labkit.dimse import find, get, identifier, move
    """,
    blank="""
        mark = lab.mark()
        head = lab.sample("ct-head").study_uid

        # The study has 40 slices and a written report, in a series of modality SR.
        report = ...  # fetch the report with C-GET; leave the slices where they are
    """,
    answer="report",
    expects=(Dataset, GetResult, list),
    reference="""
        mark = lab.mark()
        head = lab.sample("ct-head").study_uid

        series = find(
            lab.archive,
            identifier("SERIES", StudyInstanceUID=head, Modality="SR", SeriesInstanceUID=None),
        )[0].SeriesInstanceUID
        result = get(
            lab.archive, identifier("SERIES", StudyInstanceUID=head, SeriesInstanceUID=series)
        )
        report = result.datasets[0]
    """,
    explanation="""
        Find at SERIES, where Modality may be matched, then retrieve at SERIES with the two unique
        keys. One association carried it all: your C-GET request, and on the way back a C-STORE
        request from the archive to you, which is why you had to propose Basic Text SR Storage with
        the SCP role before (role selection, PS3.7 D.3.3.4). get() did that: it asked with a C-FIND
        which SOP classes will come. A C-GET client that proposes too few classes gets a part of the
        study, with status B000 or A702.
    """,
    hints=(
        "Two steps: find the series with modality SR, then retrieve that series.",
        "get() takes the node and an identifier, as move() does, without a destination. At SERIES "
        "it needs both UIDs.",
        'get(lab.archive, identifier("SERIES", StudyInstanceUID=head, SeriesInstanceUID=…)); the '
        "objects are in .datasets.",
    ),
    wrong=(
        Wrong(
            "whole-study",
            """
            mark = lab.mark()
            head = lab.sample("ct-head").study_uid
            result = get(lab.archive, identifier("STUDY", StudyInstanceUID=head))
            report = [ds for ds in result.datasets if ds.Modality == "SR"][0]
            """,
            """You have the report, and 40 slices came with it that nobody wanted. On this machine
            that is nothing; over a hospital's link with 4000 slices it is minutes. Go down to
            SERIES.""",
        ),
        Wrong(
            "matching-key",
            """
            mark = lab.mark()
            head = lab.sample("ct-head").study_uid
            result = get(lab.archive, identifier("SERIES", StudyInstanceUID=head, Modality="SR"))
            report = result
            """,
            """You gave Modality to a retrieval. A retrieval does not search: it takes unique keys
            only, here the UIDs of study and series, and refuses the rest with A900.""",
        ),
        Wrong(
            "moved",
            """
            mark = lab.mark()
            head = lab.sample("ct-head").study_uid
            series = find(
                lab.archive,
                identifier("SERIES", StudyInstanceUID=head, Modality="SR", SeriesInstanceUID=None),
            )[0].SeriesInstanceUID
            move(
                lab.archive,
                identifier("SERIES", StudyInstanceUID=head, SeriesInstanceUID=series),
                "WORKSTN",
            )
            report = lab.received("WORKSTN")[-1]
            """,
            """That was a C-MOVE: the report is at WORKSTN now, and you looked into its store, which
            you can do in this lab only. C-GET brings it to the one who asks.""",
        ),
        Wrong(
            "from-the-files",
            """
            mark = lab.mark()
            report = lab.sample("ct-head").datasets("SR")[0]
            """,
            """That is the file of the sample data, read from your own disk. Nothing was
            retrieved.""",
        ),
    ),
)

RULES = (cite("PS3.4", "C.4.3"), cite("PS3.4", "C.4.3.1.3"))
EXPECTED = "the report, sent by ARCHIVE in answer to your C-GET, and no other object with it"


def check(work: Work) -> Verdict:
    """Look at what ARCHIVE sent back on the association of the C-GET."""
    right = {str(ds.SOPInstanceUID) for ds in work.lab.sample("ct-head").datasets("SR")}
    answer = work.answer.datasets if isinstance(work.answer, GetResult) else work.answer
    given = [answer] if isinstance(answer, Dataset) else list(answer)
    have = {str(ds.get("SOPInstanceUID", "")) for ds in given if isinstance(ds, Dataset)}
    gets = exchanges(work, "ARCHIVE", "C-GET")
    if not gets:
        got = f"{len(have & right)} report in your hands, and no C-GET at ARCHIVE"
        if exchanges(work, "ARCHIVE", "C-MOVE"):
            return failed(expected=EXPECTED, got=got, rule=RULES, mistake="moved")
        if not have:
            return blank()
        mistake = "from-the-files" if have <= right else ""
        return failed(expected=EXPECTED, got=got, rule=RULES, mistake=mistake)
    sent = _sent_back(gets[-1])
    if sent == right and have == right:
        return passed("ARCHIVE sent the report, and only the report, back to you.", rule=RULES)
    got = f"a C-GET that ended {gets[-1].status}, with {len(sent)} objects"
    identifier, mistake = asked(gets[-1]), ""
    if right < sent:
        mistake = "whole-study"
    elif not sent and value(identifier, "Modality"):
        mistake = "matching-key"
    elif sent == right:
        got += ", and the answer is not the report"
    return failed(expected=EXPECTED, got=got, rule=RULES, mistake=mistake)


def _sent_back(exchange: Exchange) -> set[str]:
    """Return the objects that came as C-STORE requests of the acceptor."""
    return {
        str(message.command.AffectedSOPInstanceUID)
        for message in decode_messages(exchange.trace)
        if message.name == "C-STORE-RQ" and message.sender == "acceptor"
    }
