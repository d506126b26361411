"""What a search gives away

In a federation everybody is asked. What does one hospital learn of patients it has never seen?
"""

from __future__ import annotations

from collections.abc import Callable

from labkit.common import cite
from labkit.exchange.experiment import Act, Made, Measured, Step, Tried, Workload
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb13_centralised_or_federated._cells import GIVEN

_RIGHT = """
    def overheard(work, measured, site):
        known = {study.patient for study in work.studies if study.site == site}
        heard = set()
        for step, act in zip(work.steps, measured.acts):
            if site in act.asked:
                heard.add(step.study.patient)
        return heard - known
"""

EXERCISE = Exercise(
    given=GIVEN,
    blank="""
    def overheard(work, measured, site):
        ...  # Patient IDs: others asked this site for them, and they were never examined there

    # work.steps and measured.acts belong together, one by one
    # step.study.patient; act.site asked, act.asked were asked
    # work.studies: each with patient and site
    """,
    answer="overheard",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        A query is a message about a patient. Who is asked learns that this person is being looked
        at, by whom and when, also where the answer is empty. A federation of many tells it to many,
        for each search. A cross-reference that is asked first (PIX), or a directory of who may have
        something, narrows that down; both are a kind of centre.
    """,
    hints=(
        "A site learns something when it is asked: look at act.asked, not at who asks.",
        "Take out the patients who were examined at the site: it knows them anyway.",
        "{step.study.patient for step, act in zip(work.steps, measured.acts) if site in act.asked} "
        "less the patients of work.studies with study.site == site.",
    ),
    wrong=(
        Wrong(
            "own-patients-too",
            _RIGHT.replace("return heard - known", "return heard"),
            """Patients who were examined there are no news to the site. Left in, every style leaks,
            and you cannot tell them apart.""",
        ),
        Wrong(
            "who-asks",
            _RIGHT.replace("if site in act.asked", "if act.asked and act.site == site"),
            """You collected what the site asked others. What it overhears is what others ask
            it.""",
        ),
    ),
)

RULE = cite("PS3.15", "A.5")
_SITES = ("hospital01", "hospital02", "hospital03")


def check(work: Work) -> Verdict:
    """Try a made-up run with all cases, then the learner's own."""
    tried: dict[str, Tried] = dict(work.namespace.get("tried") or {})
    runs = [_made_up()]
    done = work.namespace.get("work")
    if isinstance(done, Workload):
        runs += [(done, one.measured) for one in tried.values()]
    for steps, measured in runs:
        for site in _SITES:
            got = work.call(steps, measured, site)
            if got is None or got is ...:
                return blank()
            right, mistake = _heard(steps, measured, site), ""
            if set(got) != right:
                known = {study.patient for study in steps.studies if study.site == site}
                asked = {
                    step.study.patient
                    for step, act in zip(steps.steps, measured.acts, strict=True)
                    if act.asked and act.site == site
                }
                if set(got) == asked - known:
                    mistake = "who-asks"
                elif set(got) > right and set(got) - right <= known:
                    mistake = "own-patients-too"
                return failed(
                    expected=f"{measured.style}, {site}: {sorted(right)}", got=f"{sorted(got)}",
                    rule=RULE, mistake=mistake,
                )  # fmt: skip
    return passed("That is what each hospital overhears, and nothing it knew before.", rule=RULE)


def _heard(steps: Workload, measured: Measured, site: str) -> set[str]:
    known = {study.patient for study in steps.studies if study.site == site}
    return {
        step.study.patient
        for step, act in zip(steps.steps, measured.acts, strict=True)
        if site in act.asked
    } - known


def _made_up() -> tuple[Workload, Measured]:
    one = Made("2.25.1", "P1", "hospital01", "dx-hand", 0)
    other = Made("2.25.2", "P1", "hospital02", "dx-hand", 1)
    third = Made("2.25.3", "P2", "hospital03", "dx-hand", 2)
    steps = (
        Step("acquire", "hospital01", one), Step("acquire", "hospital02", other),
        Step("prior", "hospital02", one), Step("acquire", "hospital03", third),
        Step("prior", "hospital01", third),
    )  # fmt: skip
    acts = (
        Act("acquire", "hospital01"), Act("acquire", "hospital02"),
        Act("prior", "hospital02", "hospital01", ("hospital01", "hospital03")),
        Act("acquire", "hospital03"),
        Act("prior", "hospital01", "hospital03", ("hospital02", "hospital03")),
    )  # fmt: skip
    return Workload(steps, 0), Measured("made up", 3, 3, 0, {}, 0, 0, 0, 1.0, acts)
