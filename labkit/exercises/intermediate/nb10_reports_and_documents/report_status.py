"""Final, or not.

Three flags and a predecessor decide what a ward may rely on.
"""

from collections.abc import Callable
from typing import Any

from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_REFERENCE = """
    def status(sr):
        complete = sr.get("CompletionFlag")
        if complete == "PARTIAL":
            return "partial"
        if complete != "COMPLETE":
            return "unknown"
        signed = sr.get("VerificationFlag") == "VERIFIED"
        if not signed or sr.get("PreliminaryFlag") == "PRELIMINARY":
            return "preliminary"
        return "amended" if sr.get("PredecessorDocumentsSequence") else "final"
"""

EXERCISE = Exercise(
    blank="""
        def status(sr):
            ...  # partial, preliminary, final, amended or unknown
    """,
    answer="status",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        COMPLETE says that all of it is written, VERIFIED that somebody answers for it: two
        questions, and final needs both (PS3.3 C.17.2; FHIR R4 diagnostic-report-status: complete
        and verified by an authorized person). Preliminary Flag (0040,A496) tells a signed early
        report from the last one. A predecessor makes it amended, for DICOM does not say whether
        text was corrected or added, and FHIR's corrected and appended are kinds of amended. With
        no flags at all unknown is the truth: status is required, a guess is not.
    """,
    hints=(
        "Ask in turn: is it all there? did somebody sign? is it early? does it replace something?",
        "CompletionFlag COMPLETE or PARTIAL, VerificationFlag VERIFIED or UNVERIFIED, "
        "PreliminaryFlag PRELIMINARY or FINAL (optional), PredecessorDocumentsSequence.",
        "PARTIAL: partial. Not COMPLETE: unknown. Not VERIFIED, or PRELIMINARY: preliminary. With "
        "a predecessor: amended. Else: final.",
    ),
    wrong=(
        Wrong(
            "always-final",
            """
            def status(sr):
                return "final"
            """,
            """Every report is final, also one that nobody has signed. A ward acts on final.""",
        ),
        Wrong(
            "unsigned-is-final",
            _REFERENCE.replace("not signed or ", ""),
            """You took complete for final. Complete says that the text is all there; that
            somebody answers for it is Verification Flag (0040,A493).""",
        ),
        Wrong(
            "no-flags-final",
            _REFERENCE.replace('complete != "COMPLETE"', 'complete not in ("COMPLETE", None)')
            .replace('sr.get("VerificationFlag") == "VERIFIED"',
                     'sr.get("VerificationFlag", "VERIFIED") == "VERIFIED"'),
            """A report without flags is not a final one. FHIR has unknown for a status that the
            source does not tell.""",
        ),
        Wrong(
            "predecessor-missed",
            _REFERENCE.replace('"amended" if sr.get("PredecessorDocumentsSequence") else "final"',
                               '"final"'),
            """A signed report that replaces another came out as final. Nobody who read the first
            one is told that it changed.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.3", "C.17.2"), cite("FHIR R4", "valueset-diagnostic-report-status"))
EARLY = {"preliminary", "partial"}  # R4's partial covers unverified data, preliminary is below it
CASES: tuple[tuple[str, dict[str, Any], set[str], str], ...] = (
    ("COMPLETE, VERIFIED", {}, {"final"}, ""),
    ("COMPLETE, UNVERIFIED", {"VerificationFlag": "UNVERIFIED"}, EARLY, "unsigned-is-final"),
    ("PARTIAL, UNVERIFIED",
     {"CompletionFlag": "PARTIAL", "VerificationFlag": "UNVERIFIED"}, {"partial"}, ""),
    ("COMPLETE, VERIFIED, PRELIMINARY", {"PreliminaryFlag": "PRELIMINARY"}, EARLY, ""),
    ("COMPLETE, VERIFIED, FINAL", {"PreliminaryFlag": "FINAL"}, {"final"}, ""),
    ("no flags", {"CompletionFlag": None, "VerificationFlag": None}, {"unknown"},
     "no-flags-final"),
    ("a signed report with a predecessor", {"PredecessorDocumentsSequence": [Dataset()]},
     {"amended"}, "predecessor-missed"),
    ("a draft with a predecessor", {"PredecessorDocumentsSequence": [Dataset()],
     "VerificationFlag": "UNVERIFIED"}, EARLY, "unsigned-is-final"),
)  # fmt: skip


def check(work: Work) -> Verdict:
    """Call the function with flags that the learner has not seen."""
    answers = []
    for _, elements, _, _ in CASES:
        ds = Dataset()
        for keyword, value in {
            "CompletionFlag": "COMPLETE", "VerificationFlag": "VERIFIED", **elements
        }.items():  # fmt: skip
            if value is not None:
                setattr(ds, keyword, value)
        got = work.call(ds)
        if got is None or got is ...:
            return blank()
        answers.append(got)
    same = all(answer == "final" for answer in answers)
    for (what, _, right, mistake), got in zip(CASES, answers, strict=True):
        if not isinstance(got, str) or got not in right:
            known = mistake if got in ("final", "amended") else ""
            return failed(expected=f"{max(right)} for {what}", got=got, rule=RULE,
                          mistake="always-final" if same else known)  # fmt: skip
    return passed("Right for signed, unsigned, partial, early, replaced and silent reports.",
                  rule=RULE)  # fmt: skip
