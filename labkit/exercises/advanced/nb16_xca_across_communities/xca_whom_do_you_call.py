"""Nobody gets images from Lakeside. Whom do you call?

Your gateway has the records; one of five services does not answer.
"""

from collections.abc import Callable

from labkit.common import cite
from labkit.exchange.soap import Exchanged
from labkit.exchange.transcript import Said
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb16_xca_across_communities._cells import GIVEN

_RIGHT = """
    def silent(messages):
        waiting = []
        for said in messages:
            one = said.exchanged
            if said.kind == "request":
                waiting.append((said.transaction, one.sender, one.receiver))
            else:
                waiting.remove((said.transaction, one.receiver, one.sender))
        return waiting
"""

EXERCISE = Exercise(
    given=GIVEN,
    blank="""
        def silent(messages):
            ...  # (transaction, from, to) of each request that nothing has answered

        # said.transaction, said.kind ("request", "response", "fault"),
        # said.exchanged.sender, said.exchanged.receiver
    """,
    answer="silent",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        A chain of calls answers from the end: each service that got an answer, or an error, has
        answered its own caller. The request without any answer is where it stops, and its receiver
        is whom you call. The same transaction runs twice in the chain (RAD-69 to the gateway,
        RAD-69 to the source), so requests and answers are matched by who spoke to whom. A fault is
        an answer too: that service lives.
    """,
    hints=(
        "Keep a list of open requests; an answer takes one off.",
        "An answer goes the other way: its sender is the request's receiver.",
        "waiting.remove((said.transaction, one.receiver, one.sender)) for all that is no request.",
    ),
    wrong=(
        Wrong(
            "by-transaction",
            """
            def silent(messages):
                answered = {said.transaction for said in messages if said.kind != "request"}
                return [(said.transaction, said.exchanged.sender, said.exchanged.receiver)
                        for said in messages
                        if said.kind == "request" and said.transaction not in answered]
            """,
            """You matched by transaction. RAD-69 runs twice, and the answer to one hides the
            silence of the other.""",
        ),
        Wrong(
            "faults-do-not-count",
            _RIGHT.replace("            else:", '            elif said.kind == "response":'),
            """You took a fault for silence. Who answers with a fault is there, and says why it
            refuses.""",
        ),
        Wrong(
            "the-last-request",
            """
            def silent(messages):
                last = [said for said in messages if said.kind == "request"][-1:]
                return [(s.transaction, s.exchanged.sender, s.exchanged.receiver) for s in last]
            """,
            """You took the last request. Where two communities are asked at once, the last may
            have been answered, and where all is well nobody is silent.""",
        ),
        Wrong(
            "first-of-two",
            _RIGHT.replace("waiting.remove((said.transaction, one.receiver, one.sender))",
                           "waiting = [w for w in waiting if w != "
                           "(said.transaction, one.receiver, one.sender)]"),
            """One answer took both of two equal requests off. The second was never answered.""",
        ),
    ),
)  # fmt: skip

RULE = cite("IHE RAD TF-2", "4.75")
_N, _L = "North General", "Lakeside Clinic"
_SOURCE = ("RAD-69", f"{_L} responding gateway", f"{_L} imaging source")
_QUERY = ("ITI-38", f"{_N} initiating gateway", f"{_L} responding gateway")


def _said(way: tuple[str, str, str], *, kind: str = "request") -> Said:
    transaction, sender, receiver = way
    if kind != "request":
        sender, receiver = receiver, sender
    return Said(transaction, Exchanged("", sender, receiver, "", b"", kind != "request",
                                       kind == "fault"))  # fmt: skip


def check(work: Work) -> Verdict:
    """Show it four afternoons."""
    front = ("RAD-69", f"{_N} consumer", f"{_N} initiating gateway")
    across = ("RAD-75", f"{_N} initiating gateway", f"{_L} responding gateway")
    chain = [_said(front), _said(across), _said(_SOURCE)]
    back = [_said(across, kind="response"), _said(front, kind="response")]
    other = ("ITI-38", f"{_N} initiating gateway", "Milan responding gateway")
    cases: tuple[tuple[str, list[Said], list[tuple[str, str, str]], str], ...] = (
        ("all is well", [_said(_QUERY), _said(_QUERY, kind="response")], [], "the-last-request"),
        ("the source is silent", [*chain, *back], [_SOURCE], "by-transaction"),
        ("the source refuses", [*chain, _said(_SOURCE, kind="fault"), *back], [],
         "faults-do-not-count"),
        ("two communities, the first is silent",
         [_said(_QUERY), _said(other), _said(other, kind="response")], [_QUERY],
         "the-last-request"),
        ("asked twice, answered once",
         [_said(_QUERY), _said(_QUERY, kind="response"), _said(_QUERY)], [_QUERY], ""),
        ("asked twice at once, answered once",
         [_said(_QUERY), _said(_QUERY), _said(_QUERY, kind="response")], [_QUERY],
         "first-of-two"),
    )  # fmt: skip
    for what, messages, right, mistake in cases:
        got = work.call(messages)
        if got is None or got is ...:
            return blank()
        try:
            rows = [tuple(one) for one in got]
        except TypeError:
            return failed(expected="a list of (transaction, from, to)", got=got, rule=RULE)
        if rows != right:
            return failed(expected=f"{what}: {right or 'nobody'}", got=str(rows or "nobody"),
                          rule=RULE, mistake=mistake)  # fmt: skip
    return passed("The receiver of the open request is whom to call.", rule=RULE)
