"""Where it goes

Who may see a study has it sent by C-MOVE to who may not. Write what an archive has to ask.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from labkit.access.consent import consent, decide_consent, provision
from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb10_consent._consents import IMPORTS, who

_RIGHT = """
    def may_move(may, asker, destination, actors):
        receiver = actors.get(destination)
        if receiver is None:
            return False
        return all(may(name, action) for name in (asker, receiver)
                   for action in ("access", "disclose"))
"""

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
    # may(actor, action) -> bool: what the consents say, action "access" or "disclose"
    # asker: the actor who sends the C-MOVE;  destination: the AE title that it names
    # actors: AE title -> actor, of the nodes that the site knows
    def may_move(may, asker, destination, actors):
        ...
    """,
    answer="may_move",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        A C-MOVE has three parties. The archive is asked by one and sends to another, and the second
        gets the images. So both have to be allowed to have them (access), and the act is one of
        giving away (disclose). A destination of which nobody knows whose it is may be anybody's.
    """,
    hints=(
        "Who has the images afterwards?",
        "Ask for both, the asker and the actor of the destination, and for both actions.",
        "A destination that `actors` does not have: False.",
    ),
    wrong=(
        Wrong(
            "the-asker-alone",
            """
    def may_move(may, asker, destination, actors):
        return may(asker, "access") and may(asker, "disclose")
""",
            """You asked for the one who sends the C-MOVE. The images go to the destination: any
            workstation of North General is then a way to Lakeside.""",
        ),
        Wrong(
            "the-destination-alone",
            """
    def may_move(may, asker, destination, actors):
        receiver = actors.get(destination)
        return receiver is not None and may(receiver, "access") and may(receiver, "disclose")
""",
            """You asked for the one who gets it. Whoever may not see it could then have it sent to
            somebody who may, and learn from the answer that it is there.""",
        ),
        Wrong(
            "access-alone",
            _RIGHT.replace('("access", "disclose")', '("access",)'),
            """A patient may let a site look and not give away. C-MOVE gives away (disclose).""",
        ),
        Wrong(
            "unknown-is-allowed",
            _RIGHT.replace(
                "return False", "return may(asker, 'access') and may(asker, 'disclose')"
            ),
            """Of an unknown destination you ask for the asker alone. The node that was set up last
            week, and that nobody has entered, is where it leaks.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.4", "C.4.2"), cite("FHIR R4 Consent", "provision.action"))
NORTH, LAKESIDE = "Organization/north-general", "Organization/lakeside"
ACTORS = {"WORKSTN": NORTH, "LEGACY": LAKESIDE}


def _may(*denials: dict[str, Any]) -> Callable[[str, str], bool]:
    said = consent("quillfeather", "OPTIN", provision("permit", *denials))

    def may(actor: str, action: str) -> bool:
        return bool(decide_consent([said], who(actor, action=action)))

    return may


def check(work: Work) -> Verdict:
    """Move to each destination under three consents."""
    free, not_lakeside = _may(), _may(provision("deny", actor=[LAKESIDE]))
    keep = _may(provision("deny", action=["disclose"]))
    blind = _may(provision("deny", actor=[LAKESIDE], action=["access"]))
    first = work.call(free, NORTH, "WORKSTN", ACTORS)
    if first is None or first is ...:
        return blank()
    cases = (
        (free, NORTH, "WORKSTN", True, "it is sent where all agree", ""),
        (not_lakeside, NORTH, "LEGACY", False, "it is not sent to Lakeside", "the-asker-alone"),
        (keep, NORTH, "WORKSTN", False, "it is not given away", "access-alone"),
        (not_lakeside, LAKESIDE, "WORKSTN", False, "Lakeside has nothing sent",
         "the-destination-alone"),
        (blind, LAKESIDE, "WORKSTN", False, "who may not see it has nothing sent", ""),
        (not_lakeside, NORTH, "NEW1", False, "not to a node that nobody knows",
         "unknown-is-allowed"),
    )  # fmt: skip
    for may, asker, destination, wanted, text, mistake in cases:
        got = work.call(may, asker, destination, ACTORS)
        if bool(got) is not wanted:
            return failed(expected=text, got=repr(got), rule=RULE, mistake=mistake)
    return passed("Asker and destination, access and disclose.", rule=RULE)
