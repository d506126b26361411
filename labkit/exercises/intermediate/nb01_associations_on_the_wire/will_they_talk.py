"""Two conformance statements: say what the acceptor will answer to each context.

PS3.2 tells what a product may propose and accept; PS3.8 9.3.3.2 how the answer reads.
"""

from collections.abc import Callable, Mapping
from typing import Any

from pynetdicom import build_context

from labkit.common import cite
from labkit.dimse import associate, decode_negotiation
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_REFERENCE = """
    def predict(caller, called):
        results = {}
        for sop_class, proposed in caller["scu"].items():
            if sop_class not in called["scp"]:
                results[sop_class] = 3
            elif set(proposed) & set(called["scp"][sop_class]):
                results[sop_class] = 0
            else:
                results[sop_class] = 4
        return results
"""

EXERCISE = Exercise(
    blank="""
        def predict(caller, called):
            ...  # {SOP Class UID: result} for each SOP class that the caller proposes as SCU

        # a statement has "scu" and "scp": each is {SOP Class UID: [Transfer Syntax UID, …]}
        # 0 acceptance, 3 abstract syntax not supported, 4 transfer syntaxes not supported
    """,
    answer="predict",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        Two products fit if one is SCU of a SOP class and the other is SCP of it, with a transfer
        syntax in common; two SCUs have nothing to say to each other. It is decided for each
        presentation context, so "it supports DICOM" answers nothing. A conformance statement
        (PS3.2) is a promise, and this comparison is done at the desk before the purchase. What it
        cannot tell is what the images look like inside.
    """,
    hints=(
        "For each SOP class of caller['scu']: is it in called['scp'] at all? If not, 3.",
        "Then the transfer syntaxes: one in common is enough. set(a) & set(b) is what two lists "
        "share.",
        "Three branches: not in called['scp'] is 3; something in common is 0; else 4.",
    ),
    wrong=(
        Wrong(
            "scu-to-scu",
            _REFERENCE.replace('called["scp"]', 'called["scu"]'),
            """You compared SCU with SCU. The one who calls is the user of a service; the other
            must be its provider, so its SCP list counts.""",
        ),
        Wrong(
            "class-is-enough",
            """
            def predict(caller, called):
                return {s: 0 if s in called["scp"] else 3 for s in caller["scu"]}
            """,
            """You compared the SOP classes only. Both may know the class and have no transfer
            syntax in common: result 4.""",
        ),
        Wrong(
            "all-of-them",
            _REFERENCE.replace(
                'set(proposed) & set(called["scp"][sop_class])',
                'set(proposed) <= set(called["scp"][sop_class])',
            ),
            """You want every proposed transfer syntax to be known. One is enough: the acceptor
            picks one of those proposed.""",
        ),
        Wrong(
            "proposed-is-accepted",
            """
            def predict(caller, called):
                return {s: 0 for s in caller["scu"]}
            """,
            """You looked at the caller's statement alone. To propose is to ask: what the other
            side is SCP of decides.""",
        ),
        Wrong(
            "three-for-four",
            _REFERENCE.replace("= 4", "= X").replace("= 3", "= 4").replace("= X", "= 3"),
            """You have 3 and 4 the wrong way round. 3 is about the abstract syntax (the SOP
            class), 4 about the transfer syntaxes.""",
        ),
    ),
)

RULE = (cite("PS3.8", "9.3.3.2"), cite("PS3.2", "N"))
_IMPLICIT, _EXPLICIT, _LS, _J2K = (
    "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90",
)  # fmt: skip
_CT, _MR, _US = (f"1.2.840.10008.5.1.4.1.1.{n}" for n in ("2", "4", "6.1"))
_STUDY_FIND, _WORKLIST = "1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.31"
_NATIVE = [_IMPLICIT, _EXPLICIT]
_LEGACY = {
    "title": "LEGACY",
    "scu": {_CT: _NATIVE, _WORKLIST: _NATIVE},
    "scp": {_CT: _NATIVE, _MR: _NATIVE, _US: _NATIVE, _STUDY_FIND: _NATIVE},
}
# What a caller proposes, and what LEGACY's statement promises.
CALLERS: tuple[tuple[str, Mapping[str, list[str]], dict[str, int]], ...] = (
    ("an ultrasound machine", {_US: [_J2K, _EXPLICIT], _WORKLIST: [_IMPLICIT]},
     {_US: 0, _WORKLIST: 3}),
    ("a CT", {_CT: [_LS], _STUDY_FIND: [_IMPLICIT]}, {_CT: 4, _STUDY_FIND: 0}),
    ("an MR", {_MR: [_LS, _J2K], _CT: [_EXPLICIT]}, {_MR: 4, _CT: 0}),
)  # fmt: skip


def check(work: Work) -> Verdict:
    """Call the function with three callers, and ask LEGACY itself each time."""
    for what, proposed, promised in CALLERS:
        caller: dict[str, Any] = {"title": "CALLER", "scu": dict(proposed), "scp": {}}
        got = work.call(caller, _LEGACY)
        if got is None or got is ...:
            return blank()
        if got != promised:
            return failed(expected=f"{promised} for {what} that calls LEGACY", got=got,
                          rule=RULE, mistake=_mistake(got, promised))  # fmt: skip
        answered = _answered(work, proposed)
        if answered != got:
            return failed(expected=f"what LEGACY answers {what}: {answered}", got=got, rule=RULE)
    return passed("Three callers predicted, and LEGACY itself answered each as you said.",
                  rule=RULE)  # fmt: skip


def _answered(work: Work, proposed: Mapping[str, list[str]]) -> dict[str, int | None]:
    contexts = [build_context(sop_class, list(ts)) for sop_class, ts in proposed.items()]
    with associate(work.lab.legacy, contexts, ae_title="CHECK") as link:
        pass
    return {c.abstract_syntax: c.result for c in decode_negotiation(link.trace).contexts}


def _mistake(got: object, promised: dict[str, int]) -> str:
    if not isinstance(got, dict) or set(got) != set(promised):
        return ""
    if 3 in promised.values() and not any(got.values()):
        return "proposed-is-accepted"
    if got == {s: {3: 4, 4: 3}.get(r, r) for s, r in promised.items()}:
        return "three-for-four"
    if got == {s: 0 if r == 4 else r for s, r in promised.items()}:
        return "class-is-enough"
    if promised.get(_US) == 0 and got.get(_US) == 4:
        return "all-of-them"
    return "scu-to-scu" if _US in got and got[_US] == 3 else ""
