"""Held out means held out

The model was fitted to three hospitals and tried at ten. How wrong is it?
"""

from __future__ import annotations

from collections.abc import Callable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb13_centralised_or_federated._cells import IMPORTS

_RIGHT = """
    def error(checked, fitted):
        return max(
            abs(model / real - 1)
            for hospitals, styles in checked.items() if hospitals not in fitted
            for one in styles.values()
            for real, model in [one["wan_bytes"], one["messages"]]
        )
"""

EXERCISE = Exercise(
    given=IMPORTS
    + """
    checked = published()["model"]["checked"]
""",
    blank="""
    def error(checked, fitted):
        ...  # the largest share by which the model misses what it was never shown

    # checked[hospitals][style]["wan_bytes"] and ["messages"]: [real, model]
    # error(published()["model"]["checked"], fitted=["3"])
    """,
    answer="error",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        A model can learn any run by heart. What it says of runs that it was not fitted to is the
        only error that tells something about the next one. Errors of different sign do not cancel
        for the hospital that sits on the wrong side of one, and the worst case is what gets bought.
    """,
    hints=(
        "Leave out the sizes that the fit has seen.",
        "Take the size of each error, whatever its sign, of bytes and of messages.",
        "max(abs(model / real - 1) for …) over the hospitals that are not in fitted.",
    ),
    wrong=(
        Wrong(
            "shown-before",
            _RIGHT.replace(" if hospitals not in fitted", ""),
            """You let runs count that the fit has seen. Their errors are small because they were
            made small.""",
        ),
        Wrong(
            "signs-cancel",
            """
            def error(checked, fitted):
                found = [
                    model / real - 1
                    for hospitals, styles in checked.items() if hospitals not in fitted
                    for one in styles.values()
                    for real, model in [one["wan_bytes"], one["messages"]]
                ]
                return abs(sum(found) / len(found))
            """,
            """You took the mean of errors with their signs. 50 % too much here and 50 % too little
            there is no error of zero.""",
        ),
        Wrong(
            "too-much-only",
            _RIGHT.replace("abs(model / real - 1)", "model / real - 1"),
            """You looked for the largest number, not for the largest error: a model that says too
            little is wrong too.""",
        ),
    ),
)

RULE = cite("IHE RAD TF-1", "18")


def _one(real: float, model: float, messages: tuple[int, int] = (10, 10)) -> dict[str, list[float]]:
    return {"wan_bytes": [real, model], "messages": list(messages)}


_CASES: tuple[tuple[dict[str, dict[str, dict[str, list[float]]]], list[str], float, str], ...] = (
    ({"3": {"a": _one(100, 100)}, "10": {"a": _one(100, 130), "b": _one(100, 70)}}, ["3"], 0.3,
     "signs-cancel"),
    ({"3": {"a": _one(100, 100)}, "10": {"a": _one(100, 110), "b": _one(100, 75)}}, ["3"], 0.25,
     "too-much-only"),
    ({"3": {"a": _one(100, 190)}, "10": {"a": _one(100, 104)}}, ["3"], 0.04, "shown-before"),
    ({"3": {"a": _one(1, 1)}, "4": {"a": _one(50, 50, (10, 15))}}, ["3"], 0.5, ""),
)  # fmt: skip


def check(work: Work) -> Verdict:
    """Try it on tables in which each mistake shows, then on the published one."""
    for table, fitted, right, mistake in _CASES:
        got = work.call(table, fitted)
        if got is None or got is ...:
            return blank()
        if abs(float(got) - right) > 1e-9:
            return failed(
                expected=f"{right:.0%} for {table}", got=f"{float(got):.0%}", rule=RULE,
                mistake=mistake if _is(mistake, float(got), table, right) else "",
            )  # fmt: skip
    return passed(
        "That is the worst miss at a size it was never shown. It says nothing of 200 hospitals.",
        rule=RULE,
    )


def _is(mistake: str, got: float, table: object, right: float) -> bool:
    made = {"shown-before": 0.9, "signs-cancel": 0.0, "too-much-only": 0.1}
    return abs(got - made.get(mistake, right)) < 1e-9
