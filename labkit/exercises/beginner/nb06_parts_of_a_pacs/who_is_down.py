"""Find out which machines do not answer.

Something is switched off. Nobody says what; ask each node, as an engineer would.
"""

from collections.abc import Iterable

from labkit.common import cite
from labkit.common.errors import NetworkError
from labkit.dimse import echo
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed
from labkit.exercises.evidence import exchanges

EXERCISE = Exercise(
    given="""
        from labkit.common.errors import AssociationError
        from labkit.dimse import echo
        lab.stop_node("ROUTER")
        mark = lab.mark()
    """,
    blank="""
        down = ...  # the names of the nodes of lab.nodes that do not answer a C-ECHO
    """,
    answer="down",
    expects=(list, tuple, set, frozenset, str),
    reference="""
        down = []
        for name, node in lab.nodes.items():
            try:
                echo(node)
            except AssociationError:
                down.append(name)
    """,
    explanation="""
        Ask every node, and let no answer stop you from asking the next. A node that is switched off
        refuses the TCP connection at once; one behind a firewall often says nothing until a
        time limit. Either way there is no association, so there is no DICOM status to read: the
        reason is in the network, below DICOM. Monitoring systems of hospitals do this very
        loop, every minute.
    """,
    hints=(
        "lab.nodes is a mapping from name to node. echo(node) asks one of them.",
        "A node that is down makes echo() raise an AssociationError. Catch it and go on.",
        "for name, node in lab.nodes.items(): try echo(node), and on AssociationError append the "
        "name to a list.",
    ),
    wrong=(
        Wrong(
            "stopped-at-the-first",
            """
            down = [name for name in lab.nodes]
            try:
                for name, node in lab.nodes.items():
                    echo(node)
                    down.remove(name)
            except AssociationError:
                pass
            if len(down) < 2:
                down = [*down, "LEGACY"]
            """,
            """You named nodes that answer. Did your loop end at the first one that did not? Then
            the rest was never asked. Catch the error inside the loop.""",
        ),
        Wrong(
            "nobody",
            "down = []",
            """You say that all are well. One does not answer: ask each of lab.nodes.""",
        ),
        Wrong(
            "named-another",
            'down = ["LEGACY"]',
            """LEGACY answers. An old machine is suspected first, and is often innocent.""",
        ),
    ),
)

RULE = cite("PS3.4", "A.4")


def check(work: Work) -> Verdict:
    """Ask them too, as the archive would; then see whether the learner asked."""
    answer = [work.answer] if isinstance(work.answer, str) else work.answer
    named = {_name(item) for item in _items(answer)}
    down = {name for name in work.lab.nodes if not _answers(work, name)}
    expected = "the names of the nodes that do not answer"
    got = ", ".join(sorted(named)) or "none"
    if not down:
        why = "All nodes answer now. Run the cell above again, which stops one."
        return failed(expected=expected, got=got, rule=RULE, why=why)
    if named == down:
        quiet = [n for n in work.lab.nodes if n not in down and not exchanges(work, n, "C-ECHO")]
        if quiet:
            return failed(expected="every node asked", got=f"{quiet[0]} was not asked", rule=RULE)
        return passed(f"{', '.join(sorted(down))} does not answer; the others do.", rule=RULE)
    mistake, well = "", sorted(named - down)
    if not named:
        mistake = "nobody"
    elif down < named:
        mistake = "stopped-at-the-first"
    elif named == {"LEGACY"}:
        mistake = "named-another"
    unknown = [name for name in well if name not in work.lab.nodes]
    why = ""
    if unknown:
        why = f"{unknown[0]} is not a name of lab.nodes: {', '.join(work.lab.nodes)}."
    elif well and not mistake:
        why = f"{well[0]} answers."
    return failed(expected=expected, got=got, rule=RULE, mistake=mistake, why=why)


def _answers(work: Work, name: str) -> bool:
    try:
        echo(work.lab.nodes[name], ae_title="ARCHIVE", timeout=5)
    except NetworkError:
        return False
    return True


def _items(answer: Iterable[object]) -> list[object]:
    return list(answer)


def _name(item: object) -> str:
    """Return the name of a node, given by name, by AE title, or as the node itself."""
    return str(getattr(item, "name", None) or getattr(item, "ae_title", item)).strip().upper()
