"""Façade 5: have the PACS send it here: C-MOVE to itself.

To whom, at which level, with which keys.
"""

from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed
from labkit.exercises.advanced.nb03_build_a_facade._facade import IMPORTS, NEW_STUDY
from labkit.exercises.evidence import messages

_RIGHT = """
    mark = lab.mark()
    with Receiver("FACADE") as receiver:
        lab.add_node(receiver.peer)
        move(lab.legacy, identifier("SERIES", StudyInstanceUID=study, SeriesInstanceUID=mr),
             "FACADE")
        objects = list(receiver.received)
"""
_SERIES = 'identifier("SERIES", StudyInstanceUID=study, SeriesInstanceUID=mr)'

EXERCISE = Exercise(
    given=IMPORTS + NEW_STUDY,
    blank="""
        mark = lab.mark()
        with Receiver("FACADE") as receiver:
            lab.add_node(receiver.peer)
            objects = ...  # GET /studies/{study}/series/{mr}: one C-MOVE, then what has come

        # receiver.received is the list of objects that came
    """,
    answer="objects",
    expects=(list, tuple),
    reference=_RIGHT,
    explanation="""
        The destination of a C-MOVE is an AE title, and the PACS looks up the address in its own
        table; where it has none, it ends with A801 (PS3.4 C.4.2.1.5). The façade is its own
        destination, so it has to be in that table. The level is the one of the URL, so that nothing
        is sent that nobody asked for. The identifier has unique keys only (PS3.4 C.4.2.1.4). Where
        the PACS offers C-GET, no table and no second association are needed: the next step.
    """,
    hints=(
        "A C-MOVE names a destination. Who is to get the objects, and does LEGACY know the "
        "address?",
        "move(lab.legacy, keys, destination). The URL names a study and a series: which level is "
        "that?",
        'move(lab.legacy, identifier("SERIES", StudyInstanceUID=study, SeriesInstanceUID=mr), '
        '"FACADE"); objects = list(receiver.received)',
    ),
    wrong=(
        Wrong(
            "to-workstn",
            _RIGHT.replace('"FACADE")\n        objects', '"WORKSTN")\n        objects'),
            """You had the objects sent to WORKSTN. It has them now; the façade has none, and its
            client waits.""",
        ),
        Wrong(
            "whole-study",
            _RIGHT.replace(_SERIES, 'identifier("STUDY", StudyInstanceUID=study)'),
            """You moved the whole study for one series. With a CT of 2000 images and a report of
            one page, the report takes as long as the CT.""",
        ),
        Wrong(
            "one-by-one",
            """
            mark = lab.mark()
            with Receiver("FACADE") as receiver:
                lab.add_node(receiver.peer)
                for image in ask(identifier("IMAGE", StudyInstanceUID=study, SeriesInstanceUID=mr,
                                            SOPInstanceUID="")):
                    move(lab.legacy, identifier(
                        "IMAGE", StudyInstanceUID=study, SeriesInstanceUID=mr,
                        SOPInstanceUID=image.SOPInstanceUID), "FACADE")
                objects = list(receiver.received)
            """,
            """You moved each image by itself. Each costs an association here and one back, and an
            old PACS allows a few at a time.""",
        ),
        Wrong(
            "search-keys",
            _RIGHT.replace(_SERIES, 'identifier("SERIES", StudyInstanceUID=study, Modality="MR")'),
            """You searched with a C-MOVE. Its identifier has unique keys only: ask first, with a
            C-FIND, then name what you want by its UIDs.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.4", "C.4.2.1"), cite("PS3.18", "10.4.1"))
UNIQUE = {"QueryRetrieveLevel", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"}


def check(work: Work) -> Verdict:
    """Look at what LEGACY was asked since the mark, and at what came."""
    asked = messages(work, "LEGACY", "C-MOVE-RQ", caller="")
    if not asked:
        return failed(expected="one C-MOVE at LEGACY", got="none", rule=RULE)
    to = {str(m.command.get("MoveDestination", "")).strip() for m in asked}
    if to != {"FACADE"}:
        return failed(expected="the destination FACADE, the façade itself",
                      got=", ".join(sorted(to)), rule=RULE,
                      mistake="to-workstn" if "WORKSTN" in to else "")  # fmt: skip
    keys = [message.data_set or Dataset() for message in asked]
    more = sorted({e.keyword for ds in keys for e in ds} - UNIQUE)
    if more:
        return failed(expected="unique keys only", got=", ".join(more), rule=RULE,
                      mistake="search-keys")  # fmt: skip
    levels = {str(ds.get("QueryRetrieveLevel", "")) for ds in keys}
    if levels != {"SERIES"} or len(asked) != 1:
        mistake = "whole-study" if levels == {"STUDY"} else ""
        mistake = "one-by-one" if levels == {"IMAGE"} else mistake
        return failed(expected="one C-MOVE, at level SERIES", rule=RULE, mistake=mistake,
                      got=f"{len(asked)} at level {', '.join(sorted(levels))}")  # fmt: skip
    wanted = {str(d.SOPInstanceUID) for d in work.namespace["brain"] if d.Modality == "MR"}
    got = [str(getattr(ds, "SOPInstanceUID", "")) for ds in work.answer]
    if sorted(got) != sorted(wanted):
        return failed(expected=f"the {len(wanted)} objects of the series", rule=RULE,
                      got=f"{len(got)} objects")  # fmt: skip
    return passed("One C-MOVE at the level of the URL, and the objects are here.", rule=RULE)
