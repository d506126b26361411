"""Gateway 5: the PACS restarts in the middle.

Nothing may be lost, and nothing may be there twice.
"""

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.intermediate.nb11_project_fhir_imaging_gateway._ehr import (
    IMPORTS,
    MAP,
    POWER_CUT,
    PUBLISH,
    READ,
    SYNC,
    faults_of,
    people,
    slugs,
)

_RUN = """
    survive(power_cut(at=8), {}, "20260113")
    lab.start_node("ARCHIVE")
"""
SURVIVE = """
    def survive(ask, seen, dates):
        for wait in (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2):
            try:
                return sync(ask, seen, dates)
            except AssociationError:
                time.sleep(wait)
        return sync(ask, seen, dates)
"""

EXERCISE = Exercise(
    given=IMPORTS + READ + MAP + PUBLISH + SYNC + POWER_CUT,
    blank="""
    def survive(ask, seen, dates):
        ...  # sync(ask, seen, dates), though ARCHIVE is away for a while; return when all is done
    """
    + _RUN,
    reference=SURVIVE + _RUN,
    explanation="""
        sync remembers a study only when it is published, and publishing twice does no harm. So a
        round that broke off may simply be begun again: what was done is skipped, what was not is
        done. Each wait is twice the last, so a short restart costs a moment and a long one does not
        end in a storm of associations. After the last wait the error is let through: an archive
        that stays away is for a person.
    """,
    hints=(
        "ask raises AssociationError while nobody answers. What has been done by then, and what "
        "does seen know of it?",
        "Begin the round again. Between two attempts wait, each time longer than before.",
        "for wait in (0.05, 0.1, 0.2, 0.4, 0.8): try: return sync(ask, seen, dates) except "
        "AssociationError: time.sleep(wait)",
    ),
    wrong=(
        Wrong(
            "skipped",
            """
    def survive(ask, seen, dates):
        for uid in studies_of(ask, dates):
            try:
                publish(to_bundle(read_study(ask, uid)))
            except AssociationError:
                continue
    """
            + _RUN,
            """You went on to the next study when one failed, and did not come back. What the
            archive could not answer in that second is missing for ever.""",
        ),
        Wrong(
            "marked-first",
            """
    def survive(ask, seen, dates):
        for wait in (0.1, 0.2, 0.4, 0.8):
            try:
                for uid in studies_of(ask, dates):
                    if uid not in seen:
                        seen[uid] = True
                        publish(to_bundle(read_study(ask, uid)))
                return
            except AssociationError:
                time.sleep(wait)
    """
            + _RUN,
            """You marked the study as seen before it was published. The restart came in between,
            and at the second attempt it was skipped.""",
        ),
        Wrong(
            "half-a-study",
            """
    def survive(ask, seen, dates):
        def calm(keys):
            try:
                return ask(keys)
            except AssociationError:
                time.sleep(0.4)
                return []
        return sync(calm, seen, dates)
    """
            + _RUN,
            """You took silence for an empty answer. The series was there, nobody could be asked
            for its images, and the EHR shows half a study as if it were whole.""",
        ),
    ),
)

RULE = (cite("PS3.8", "7.1"), cite("FHIR R4", "http"))
EXPECTED = "every study of 13 January once, whole, under its patient"


def check(work: Work) -> Verdict:
    """Look at what the EHR has of the day."""
    found = [faults_of(work, slug) for slug in slugs("20260113")]
    bad = [(words, kind) for words, kind in found if words]
    kinds = {kind for _, kind in bad}
    if kinds == {"missing"} and len(bad) == len(found):
        return blank("The EHR has none of the studies of 13 January.")
    if "partial" in kinds:
        return failed(expected=EXPECTED, got="; ".join(w for w, k in bad if k == "partial"),
                      rule=RULE, mistake="half-a-study")  # fmt: skip
    if bad:
        lost = sum(kind == "missing" for _, kind in bad)  # whoever goes on at once loses the rest
        mistake = "skipped" if lost > 1 else "marked-first"
        return failed(expected=EXPECTED, got="; ".join(w for w, _ in bad), rule=RULE,
                      mistake=mistake if "missing" in kinds else "")  # fmt: skip
    if people(work) > 0:
        return failed(expected="each of these patients once", rule=RULE,
                      got=f"{people(work)} more Patients with their numbers")  # fmt: skip
    return passed("The archive went away and came back; nothing is lost, nothing doubled.",
                  rule=RULE)  # fmt: skip
