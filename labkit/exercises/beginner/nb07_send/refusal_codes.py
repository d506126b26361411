"""Read why a presentation context was refused.

One octet of the A-ASSOCIATE-AC says whether it is the service or the encoding (PS3.8 9.3.3.2).
"""

from __future__ import annotations

from typing import Any

from labkit.common import cite
from labkit.dimse import ProposedContext, decode_negotiation
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.evidence import traces

EXERCISE = Exercise(
    given="""
        from labkit.common.errors import NoPresentationContext
        from labkit.dimse import associate, decode_negotiation, store
        from pynetdicom import build_context
        mammogram = lab.sample("mg-screening")
    """,
    blank="""
        mark = lab.mark()

        # Propose the mammogram's SOP class in its transfer syntax to WORKLIST, then to LEGACY, each
        # time with Verification beside it. Both refuse the first: read the result in each answer.
        worklist_result = ...
        legacy_result = ...
    """,
    answer="(worklist_result, legacy_result)",
    expects=tuple,
    reference="""
        mark = lab.mark()

        def refusal(node):
            ds = mammogram.datasets()[0]
            image = build_context(ds.SOPClassUID, ds.file_meta.TransferSyntaxUID)
            with associate(node, [image, build_context("1.2.840.10008.1.1")]) as link:
                pass
            return decode_negotiation(link.trace).contexts[0].result

        worklist_result = refusal(lab.worklist)
        legacy_result = refusal(lab.legacy)
    """,
    explanation="""
        WORKLIST answers 3, abstract syntax not supported: it does no storage at all, and no change
        at the sender will help. LEGACY answers 4, transfer syntaxes not supported: it does take
        mammograms, in another encoding, so a sender that proposes an uncompressed syntax as well is
        let in. In the field, check before you trust the number: Orthanc 1.12.7 answers 3 in both
        cases. Both associations were accepted: a refused context is not a rejection. Verification
        is there since a server that accepts none of the contexts may reject the association
        instead, as DCMTK's wlmscpfs 3.6.9 does; PS3.8 leaves that to it.
    """,
    hints=(
        "Make the two contexts with build_context, as for WORKSTN above. A file's transfer syntax "
        "is ds.file_meta.TransferSyntaxUID.",
        "decode_negotiation(link.trace).contexts is the list of what was proposed, each with the "
        ".result that came back.",
        "with associate(lab.worklist, [image, verification]) as link: pass. Then worklist_result = "
        "decode_negotiation(link.trace).contexts[0].result. The same with lab.legacy.",
    ),
    wrong=(
        Wrong(
            "swapped",
            """
            mark = lab.mark()
            for node in (lab.worklist, lab.legacy):
                try:
                    store(node, mammogram.files)
                except NoPresentationContext:
                    pass
            worklist_result, legacy_result = 4, 3
            """,
            """You have the two the wrong way round. Ask of each node whether it takes images at
            all: 3 is "that service is not offered here", 4 is "offered, but not in this
            encoding".""",
        ),
        Wrong(
            "association-result",
            """
            mark = lab.mark()
            for node in (lab.worklist, lab.legacy):
                try:
                    store(node, mammogram.files)
                except NoPresentationContext:
                    pass
            worklist_result = legacy_result = 0
            """,
            """0 is acceptance. Both associations were accepted, and that is true and not the
            question: each presentation context in the A-ASSOCIATE-AC has a result of its own.""",
        ),
        Wrong(
            "from-memory",
            """
            mark = lab.mark()
            worklist_result, legacy_result = 3, 4
            """,
            """Neither node was asked since the mark. The table of PS3.8 tells what a number means;
            which number these two send, only they can tell. Send it, and read the answer.""",
        ),
    ),
)

RULE = cite("PS3.8", "9.3.3.2")


def check(work: Work) -> Verdict:
    """Compare with the answers that the two nodes themselves recorded since the mark."""
    if any(value is ... or value is None for value in work.answer):
        return blank()
    given = tuple(_number(value) for value in work.answer)
    said = {name: _refused(work, name) for name in ("WORKLIST", "LEGACY")}
    missing = [name for name, results in said.items() if not results]
    if missing:
        return failed(
            expected="a refused presentation context in the record of WORKLIST and of LEGACY",
            got=f"none at {' and none at '.join(missing)}",
            rule=RULE,
            mistake="from-memory" if len(missing) == 2 else "",
            why="Send the mammogram to that one too." if len(missing) == 1 else "",
        )
    right = (said["WORKLIST"][-1], said["LEGACY"][-1])
    if given == right:
        return passed(
            f"WORKLIST said {right[0]}, abstract syntax not supported; "
            f"LEGACY said {right[1]}, transfer syntaxes not supported.",
            rule=RULE,
        )
    mistake = "swapped" if given == right[::-1] else ""
    return failed(
        expected="the results that WORKLIST and LEGACY sent, in this order",
        got=" and ".join(str(value) for value in work.answer),
        rule=RULE,
        mistake="association-result" if given == (0, 0) else mistake,
    )


def _refused(work: Work, node: str) -> list[int]:
    """Return the results other than acceptance that a node sent since the mark."""
    found = [c for t in traces(work, node, caller="") for c in decode_negotiation(t).contexts]
    return [context.result for context in found if context.result]


def _number(value: Any) -> int | None:
    """Take a number, its digits, or the context it stands in."""
    if isinstance(value, ProposedContext):
        return value.result
    try:
        return int(value)
    except (TypeError, ValueError):
        return None
