"""Predict, then measure: bytes on the lines

A study is made at hospital01 and opened by others. How often does it go over a line?
"""

from __future__ import annotations

from collections.abc import Callable

from labkit.common import cite
from labkit.exchange.experiment import STAR, STYLES
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb13_centralised_or_federated._cells import IMPORTS, carried

_RIGHT = """
    def predicted(style, payload, readers):
        fetches = len(set(readers) - {"hospital01"})
        if style == "centralised":
            return payload * (1 + fetches)
        if style == "federated":
            return payload * fetches
        return payload * 2 * fetches
"""

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
    def predicted(style, payload, readers):
        ...  # bytes on all lines together; the study was made at hospital01

    # predicted("federated", 303018, ["hospital02", "hospital03", "hospital02"])
    """,
    answer="predicted",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        Centralised pays once when the study is made, and once for each place that opens it. The
        others pay only for reading. Where the lines are a star, what goes from hospital to
        hospital goes over two of them; where each has a line to each, over one. A place that keeps
        a copy pays once, however often it looks.
    """,
    hints=(
        "Draw the lines. Over how many does one fetch go in each style?",
        "Each hospital keeps copies of two studies: who opens it twice fetches it once.",
        "centralised: 1 + fetches; federated: fetches; hybrid and the star: 2 * fetches, each "
        "times the payload, where fetches are the different hospitals that are not hospital01.",
    ),
    wrong=(
        Wrong(
            "no-copies",
            _RIGHT.replace('len(set(readers) - {"hospital01"})', "len(readers)"),
            """You counted every look. A hospital that has fetched a study keeps a copy, and opens
            it from its own disk the second time.""",
        ),
        Wrong(
            "one-line",
            _RIGHT.replace("payload * 2 * fetches", "payload * fetches"),
            """On a star what goes from one hospital to another goes over two lines, in at the
            middle and out again. Both are paid for.""",
        ),
        Wrong(
            "storing-is-free",
            _RIGHT.replace("(1 + fetches)", "fetches"),
            """Centralised sends every study to the centre when it is made, also the ones that
            nobody elsewhere ever opens.""",
        ),
    ),
)

RULE = cite("PS3.18", "10.4")
_CASES = (("hospital02", "hospital03", "hospital02"), ("hospital01", "hospital03"))


def check(work: Work) -> Verdict:
    """Hold the prediction against networks of real nodes."""
    said: dict[tuple[str, tuple[str, ...]], float] = {}
    for style in STYLES:
        for readers in _CASES:
            payload, measured = carried(style, readers)
            got = work.call(style, payload, list(readers))
            if got is None or got is ...:
                return blank()
            said[style, readers] = float(got) / payload
            near = abs(float(got) - measured) <= 0.15 * payload + 0.05 * measured
            if not near:
                return failed(
                    expected=f"{style}, opened by {', '.join(readers)}: the study "
                    f"{measured / payload:.1f} times over a line",
                    got=f"{float(got) / payload:.1f} times",
                    rule=RULE,
                    mistake=_mistake(style, readers, float(got) / payload),
                )
    return passed(
        "The networks of real nodes carried what you predicted, but for a few percent of messages.",
        rule=RULE,
    )


def _mistake(style: str, readers: tuple[str, ...], times: float) -> str:
    fetches = len(set(readers) - {"hospital01"})
    if style == "centralised" and round(times, 2) == fetches:
        return "storing-is-free"
    if style in ("hybrid", STAR) and round(times, 2) == fetches:
        return "one-line"
    return "no-copies" if len(readers) > fetches and times > fetches else ""
