"""What to do about an image that does not come.

Missing, rejected and unknown look the same in a viewer: a gap.
"""

from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb14_manifests._site import SITE

EXERCISE = Exercise(
    given=SITE,
    blank="""
    def next_step(resolution):
        # "show": all that is listed may be shown. "replace": the source has to replace its
        # manifest. "ask again": nothing is known of some, and nothing is wrong with the manifest.
        ...
    """,
    answer="next_step",
    expects=Callable,  # type: ignore[arg-type]
    reference="""
    def next_step(resolution):
        if resolution.missing or resolution.rejected:
            return "replace"
        return "show" if resolution.complete else "ask again"
    """,
    explanation="""
        Missing means that everybody who was asked answered, and has it not. Unknown means that
        somebody was silent: an archive that is down proves nothing about its images. Rejected
        counts even where an archive still serves the object: somebody has said that it must not
        be used, and a source answers 404 for it.
    """,
    hints=(
        "A Resolution has .available, .missing, .rejected, and .of_state('unknown').",
        "A silent archive gives unknown, not missing. Which step waits for it?",
        "replace if anything is missing or rejected; show if .complete; else ask again.",
    ),
    wrong=(
        Wrong(
            "silence-is-absence",
            """
            def next_step(resolution):
                return "show" if resolution.complete else "replace"
            """,
            """You have the manifest replaced because an archive was silent. An hour later it is up
            again, and its images are in no manifest.""",
        ),
        Wrong(
            "served-is-allowed",
            """
            def next_step(resolution):
                if all(one.places for one in resolution.instances):
                    return "show"
                return "replace" if resolution.missing else "ask again"
            """,
            """You show what can be fetched. One of these images is rejected for patient safety and
            the archive serves it still: it does not know the note, and your viewer does.""",
        ),
        Wrong(
            "wait-and-see",
            """
            def next_step(resolution):
                return "show" if resolution.complete else "ask again"
            """,
            """You ask again for images that everybody has said are not there. They will not come
            back; the manifest lists what is gone, and its source has to replace it.""",
        ),
    ),
)

RULE = (cite("IHE RAD TF-2", "4.69"), cite("IHE RAD TF-2", "4.68.4.1.2.1"))


def check(work: Work) -> Verdict:
    """Give it five studies."""
    cases = _cases()
    got = {name: work.call(resolution) for name, (resolution, _) in cases.items()}
    if all(answer in (None, ...) for answer in got.values()):
        return blank("It decides nothing yet.")
    for name, (_, wanted) in cases.items():
        if got[name] != wanted:
            mistake = {
                ("ask again", "replace"): "silence-is-absence",
                ("replace", "show"): "served-is-allowed",
                ("replace", "ask again"): "wait-and-see",
            }.get((wanted, str(got[name])), "")
            return failed(expected=f"{name}: {wanted}", got=f"{name}: {got[name]}", rule=RULE,
                          mistake=mistake)  # fmt: skip
    return passed("Each gap has its own reason, and its own answer.", rule=RULE)


def _cases() -> dict[str, tuple[Any, str]]:
    from labkit.dicom import sample
    from labkit.exchange.manifests import Resolution, Whereabouts, gather
    from labkit.exchange.manifests.practice import NOW

    told = gather(sample("dx-chest").datasets(), when=NOW)

    def of(*states: tuple[str, tuple[str, ...]]) -> Resolution:
        each = (Whereabouts(f"2.25.{n}", "2.25.9", *s) for n, s in enumerate(states))
        return Resolution(told, tuple(each), (), ())

    there = ("available", ("archive",))
    return {
        "all there": (of(there, there), "show"),
        "silent": (of(there, ("unknown", ())), "ask again"),
        "rejected, still served": (of(there, ("rejected", ("archive",))), "replace"),
        "missing": (of(there, ("missing", ())), "replace"),
        "rejected and gone": (of(("rejected", ()), there), "replace"),
    }
