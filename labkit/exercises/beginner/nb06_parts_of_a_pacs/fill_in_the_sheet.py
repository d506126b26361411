"""Fill in the configuration sheet of a scanner.

CT1 is new. Its service engineer asks: which titles do I enter, to send to the archive?
"""

from labkit.common import cite
from labkit.common.errors import AssociationRejected, UsageError
from labkit.dimse import Peer, echo
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed

_SHEET = """
    sheet = {{
        "calling AE title": {calling!r},
        "called AE title": {called!r},
    }}
"""

EXERCISE = Exercise(
    blank="""
        sheet = {
            "calling AE title": ...,  # who the scanner says it is
            "called AE title": ...,   # whom it asks for
        }
    """,
    answer="sheet",
    expects=dict,
    reference=_SHEET.format(calling="CT1", called="ARCHIVE"),
    explanation="""
        The caller names both ends: itself, and the one it wants. Host and port only lead to a
        machine; several applications may live behind one port, and the called AE title says which
        of them is meant. The receiver checks the called title against its own, and often the
        calling one against its list of known machines. The two words are easily swapped, because
        vendors call them local and remote, source and destination, own and peer.
    """,
    hints=(
        "The scanner calls; the archive is called.",
        "The AE title of the archive is in the table of the lab, in the column AE title.",
        "Calling is CT1, called is ARCHIVE; in capital letters, as the lab writes them.",
    ),
    wrong=(
        Wrong(
            "swapped",
            _SHEET.format(calling="ARCHIVE", called="CT1"),
            """The two are swapped: your scanner says that it is the archive, and asks for CT1. This
            is the most frequent error on such a sheet.""",
        ),
        Wrong(
            "small-letters",
            _SHEET.format(calling="ct1", called="archive"),
            """AE titles are compared letter by letter. archive and ARCHIVE are two titles, and most
            devices write them in capitals.""",
        ),
        Wrong(
            "the-workstation",
            _SHEET.format(calling="CT1", called="WORKSTN"),
            """WORKSTN is where images are read. A scanner sends to the archive, and the archive
            sends on to whoever wants to look.""",
        ),
    ),
)

RULE = cite("PS3.8", "9.3.2")


def check(work: Work) -> Verdict:
    """Dial the archive's address with the titles of the sheet, and see whether it answers."""
    calling, called = _title(work, "calling AE title"), _title(work, "called AE title")
    expected = "an association that the archive accepts, from CT1"
    got = f"calling {calling or 'nothing'}, called {called or 'nothing'}"
    archive = work.lab.archive
    try:
        echo(Peer(called, archive.host, archive.port), ae_title=calling)
    except AssociationRejected as error:
        mistake = ""
        if (calling, called) == ("ARCHIVE", "CT1"):
            mistake = "swapped"
        elif (calling.upper(), called.upper()) == ("CT1", "ARCHIVE"):
            mistake = "small-letters"
        elif called == "WORKSTN":
            mistake = "the-workstation"
        return failed(expected=expected, got=f"{got}: {error.message}", rule=RULE, mistake=mistake)
    except UsageError as error:
        return failed(expected=expected, got=f"{got}: {error.message}", rule=RULE)
    if calling != "CT1":
        mistake = "small-letters" if calling.upper() == "CT1" else ""
        why = "The archive takes any caller today. Many do not, and every log names the caller."
        return failed(expected=expected, got=got, rule=RULE, mistake=mistake, why=why)
    return passed("The archive accepts CT1. In its log you can find the call.", rule=RULE)


def _title(work: Work, key: str) -> str:
    """Return what the sheet says, given as text or as a node of the lab."""
    value = work.answer.get(key, "")
    return str(getattr(value, "ae_title", value)).strip()
