"""Be the destination of a C-MOVE.

An archive sends only to an address that it has been told (PS3.4 C.4.2, AE titles in PS3.8 C.1).
"""

from labkit.common import cite
from labkit.dimse import Receiver
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.evidence import Exchange, exchanges

EXERCISE = Exercise(
    given="""
        from labkit.dimse import Receiver, identifier, move
    """,
    blank="""
        mark = lab.mark()
        hand = lab.sample("dx-hand").study_uid

        reader = Receiver("READER")
        ...  # while reader listens: make it known, and have ARCHIVE move the study to it
    """,
    answer="reader",
    expects=Receiver,
    reference="""
        mark = lab.mark()
        hand = lab.sample("dx-hand").study_uid

        reader = Receiver("READER")
        with reader:
            lab.add_node(reader.peer)
            move(lab.archive, identifier("STUDY", StudyInstanceUID=hand), "READER")
    """,
    explanation="""
        Three things have to come together. The receiver listens, the archive's table has its AE
        title
        with the right host and port, and the title that the archive calls is the one that the
        receiver goes by. A C-MOVE needs them at two sides that often two companies look after, and
        so it is the part of every installation that takes longest. C-GET spares all three, and is
        offered by fewer products. Note the order: the receiver listens before the archive is asked,
        as the images come before the final response does.
    """,
    hints=(
        "A Receiver listens only inside its block: with reader: … Everything else has to happen "
        "in there.",
        "Inside the block reader.peer is its address. lab.add_node(…) tells the archives of it.",
        "with reader: lab.add_node(reader.peer), and then move(lab.archive, identifier(…), "
        '"READER"), both inside the block.',
    ),
    wrong=(
        Wrong(
            "not-registered",
            """
            mark = lab.mark()
            hand = lab.sample("dx-hand").study_uid
            reader = Receiver("READER")
            with reader:
                move(lab.archive, identifier("STUDY", StudyInstanceUID=hand), "READER")
            """,
            """Your receiver listens, and ARCHIVE has never heard of it. A C-MOVE carries an AE
            title and no address; the address has to be in the archive's table beforehand.""",
        ),
        Wrong(
            "closed-too-early",
            """
            mark = lab.mark()
            hand = lab.sample("dx-hand").study_uid
            reader = Receiver("READER")
            with reader:
                lab.add_node(reader.peer)
            move(lab.archive, identifier("STUDY", StudyInstanceUID=hand), "READER")
            """,
            """ARCHIVE knows the address, and nothing listens there any more: the block had ended
            before you asked. It cannot connect, so every sub-operation fails: A702.""",
        ),
        Wrong(
            "another-title",
            """
            mark = lab.mark()
            hand = lab.sample("dx-hand").study_uid
            reader = Receiver("READER")
            with reader:
                lab.add_node("VIEWER", reader.peer.host, reader.peer.port)
                move(lab.archive, identifier("STUDY", StudyInstanceUID=hand), "VIEWER")
            """,
            """You registered the right address under another title. ARCHIVE called your receiver by
            that title, and the receiver, which is READER, rejected the association (1/1/7).""",
        ),
        Wrong(
            "to-the-workstation",
            """
            mark = lab.mark()
            hand = lab.sample("dx-hand").study_uid
            reader = Receiver("READER")
            with reader:
                lab.add_node(reader.peer)
                move(lab.archive, identifier("STUDY", StudyInstanceUID=hand), "WORKSTN")
            """,
            """The study went to WORKSTN, since that is the destination you named. Your receiver
            waited in vain.""",
        ),
    ),
)

RULES = (cite("PS3.4", "C.4.2"), cite("PS3.8", "C.1"))
EXPECTED = "ARCHIVE has sent the study to READER, your receiver, and it has arrived"


def check(work: Work) -> Verdict:
    """Compare what the receiver has with what ARCHIVE recorded of your C-MOVE since the mark."""
    uids = {str(ds.SOPInstanceUID) for ds in work.lab.sample("dx-hand").datasets()}
    reader: Receiver = work.answer
    moves = exchanges(work, "ARCHIVE", "C-MOVE")
    callers = {trace.requestor.ae_title for trace in reader.traces}
    here = {str(ds.SOPInstanceUID) for ds in reader.received}
    if moves and uids <= here and "ARCHIVE" in callers:
        return passed(f"ARCHIVE called your receiver and sent {len(uids)} object.", rule=RULES)
    if not moves:
        if here:
            got = "objects in your receiver, and no C-MOVE at ARCHIVE since the mark"
            return failed(expected=EXPECTED, got=got, rule=RULES)
        return blank()
    return _failed_move(moves[-1], reader)


def _failed_move(last: Exchange, reader: Receiver) -> Verdict:
    destination = str(last.request.command.get("MoveDestination", "")).strip()
    got, mistake = f"a C-MOVE to {destination}, which ended {last.status}", ""
    if last.status == 0xA801:
        mistake = "not-registered"
    elif any(trace.end == "rejected" for trace in reader.traces):
        mistake = "another-title"
    elif destination == "WORKSTN":
        mistake = "to-the-workstation"
    elif destination == "READER" and last.status is not None and not last.status:
        mistake = "closed-too-early"
    return failed(expected=EXPECTED, got=got, rule=RULES, mistake=mistake)
