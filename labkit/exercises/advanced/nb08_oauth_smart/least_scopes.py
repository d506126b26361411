"""Ask for what the job needs, and for nothing else.

An AI company's installation guide asks for system/*.*. Write the mail that it should have been.
"""

from labkit.access.scopes import OTHER, Scope, ScopeError, parse_scopes
from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb08_oauth_smart._tokens import IMPORTS

_RIGHT = 'scopes = "system/ImagingStudy.rs?modality=CT system/DiagnosticReport.c"'

EXERCISE = Exercise(
    secure=True,
    given=IMPORTS,
    blank="""
        scopes = ...  # a text, as it goes into a token request
        # The application: runs at night, without a user. Searches CT studies, reads them and their
        # pixels. Creates one DiagnosticReport for each. Changes and deletes nothing.
    """,
    answer="scopes",
    expects=str,
    reference=_RIGHT,
    explanation="""
        Without a user the context is system. Searching is s, reading r, in this order. The pixels
        need no scope of their own: they follow the ImagingStudy, and so does the limit to CT. The
        report is only created: c. The .write of SMART 1 would be .cud: it could change and delete
        the reports of everybody else too.
    """,
    hints=(
        "Who is asking? A patient's app, a user's, or a system? That is the first word.",
        "Two types of resources are touched, so two scopes. For each: which of c, r, u, d, s?",
        "The limit to CT is a search parameter behind the first scope: ?modality=CT.",
    ),
    wrong=(
        Wrong(
            "everything",
            'scopes = "system/*.cruds"',
            """You asked for everything. When this system is taken over, so is the hospital: it may
            delete every resource. And the review of your request takes three months.""",
        ),
        Wrong(
            "write-of-smart-1",
            'scopes = "system/ImagingStudy.read system/DiagnosticReport.write"',
            """You used the words of SMART 1. write is .cud: it may change and delete reports, also
            those of the radiologists.""",
        ),
        Wrong(
            "a-scope-for-pixels",
            _RIGHT.replace(" system/D", " system/Binary.r system/D"),
            """You asked for a type that stands for the pixels. They are not FHIR resources: the
            scope of the ImagingStudy opens WADO-RS (SMART imaging access).""",
        ),
        Wrong(
            "all-modalities",
            'scopes = "system/ImagingStudy.rs system/DiagnosticReport.c"',
            """You may read all studies, mammograms and photographs of wounds too. The application
            reads CT.""",
        ),
        Wrong(
            "letters-out-of-order",
            'scopes = "system/ImagingStudy.sr?modality=CT system/DiagnosticReport.c"',
            """You wrote .sr. The letters have an order, c r u d s; a server may refuse others, or
            ignore them, and then your search is refused and nobody sees why.""",
        ),
        Wrong(
            "with-commas",
            'scopes = "system/ImagingStudy.rs?modality=CT, system/DiagnosticReport.c"',
            """You put a comma between them. Scopes are separated by blanks (RFC 6749 3.3): yours is
            a limit to the modality "CT,".""",
        ),
        Wrong(
            "patient-context",
            'scopes = "patient/ImagingStudy.rs?modality=CT patient/DiagnosticReport.c"',
            """You asked in the context of a patient or of a user. At night nobody has chosen a
            patient and nobody has logged in: it gives nothing.""",
        ),
    ),
)

RULE = (cite("SMART App Launch 2.2", "scopes-and-launch-context"), cite("RFC 9700", "2.3"))
_NEEDED = (Scope("system", "ImagingStudy", "rs", (("modality", "CT"),)),
           Scope("system", "DiagnosticReport", "c"))  # fmt: skip


def check(work: Work) -> Verdict:
    """Compare what the scopes give with what the job needs."""
    text: str = work.answer
    if not text.split():
        return blank()
    words = [word for word in text.split() if word not in OTHER]
    if any(".sr" in word for word in words):
        return failed(expected="letters in the order c r u d s", got=text, rule=RULE,
                      mistake="letters-out-of-order")  # fmt: skip
    try:
        given = parse_scopes(text)
    except ScopeError as error:
        return failed(expected="scopes as SMART writes them", got=error.message, rule=RULE)
    mistake = _mistake(text, given)
    missing = [str(n) for n in _NEEDED if not any(scope.covers(n) for scope in given)]
    more = [str(s) for s in given if not any(needed.covers(s) for needed in _NEEDED)]
    if missing or more:
        got = "; ".join(
            [f"does not give {name}" for name in missing] + [f"gives too much: {n}" for n in more]
        )
        return failed(expected="two scopes that give this job and no more", got=got, rule=RULE,
                      mistake=mistake)  # fmt: skip
    if set(text.split()) & OTHER:
        return failed(expected="scopes of data only: nobody logs in", got=text, rule=RULE)
    return passed("The job, and nothing beside it.", rule=RULE)


def _mistake(text: str, given: tuple[Scope, ...]) -> str:
    if any(scope.resource == "*" for scope in given):
        return "everything"
    if "," in text:
        return "with-commas"
    if ".read" in text or ".write" in text:
        return "write-of-smart-1"
    if any(scope.context != "system" for scope in given):
        return "patient-context"
    if {scope.resource for scope in given} - {"ImagingStudy", "DiagnosticReport"}:
        return "a-scope-for-pixels"
    if any(scope.resource == "ImagingStudy" and not scope.filters for scope in given):
        return "all-modalities"
    return ""
