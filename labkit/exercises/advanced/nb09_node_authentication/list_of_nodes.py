"""A list of nodes

From what the site's people say to a list that lets in whom they mean, for what they mean.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from labkit.access.nodes import AllowList, NodePolicy
from labkit.access.nodes.practice import Practice
from labkit.common import cite
from labkit.common.errors import UsageError
from labkit.dicom import sample
from labkit.dimse import Receiver, find, identifier, move, store
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb09_node_authentication._nodes import IMPORTS

_RIGHT = '''
    text = """
    [[node]]
    ae_title = "MR1"
    addresses = ["127.0.0.1"]
    services = ["C-ECHO", "C-STORE"]

    [[node]]
    ae_title = "VIEWER"
    addresses = ["127.0.0.1"]
    services = ["C-ECHO", "C-FIND", "C-MOVE"]
    destinations = ["WORKSTN"]
    """
'''

EXERCISE = Exercise(
    given=IMPORTS,
    blank='''
    text = """
    # MR1 stands at 127.0.0.1. It tests the line, and sends.
    # VIEWER stands there too. It tests the line, searches, and has images sent to WORKSTN.
    # Nobody else, nothing else.

    [[node]]
    ae_title = "MR1"
    """
    ''',
    answer="text",
    expects=str,
    reference=_RIGHT,
    explanation="""
        A list says who, from where, and for what. C-MOVE has a third party in it: whoever may name
        any destination that the archive knows can have a study sent where he cannot be seen to
        read it. So the list says destinations as well; without any, a node may have images sent
        to itself alone. What is not on the list is refused: for the association with 1/1/3
        (PS3.8 Table 9-21), for an act with 0124H, not authorized (PS3.7 C.5).
    """,
    hints=(
        "Two [[node]] sections: title, addresses, services. The names of services are those of the "
        "messages: C-ECHO, C-STORE, C-FIND, C-MOVE.",
        "An address is one machine, or a network such as 10.1.0.0/16. These two are one machine.",
        'VIEWER needs a fourth line, destinations = ["WORKSTN"]: by itself it may have images sent '
        "to VIEWER alone.",
    ),
    wrong=(
        Wrong(
            "from-anywhere",
            _RIGHT.replace('["127.0.0.1"]', '["0.0.0.0/0", "::/0"]'),
            """You let both titles in from anywhere. A title stands in every conformance statement
            and on a sticker at the machine: whoever reads it, is it.""",
        ),
        Wrong(
            "may-read-too",
            _RIGHT.replace('"C-STORE"]', '"C-STORE", "C-FIND", "C-GET"]'),
            """MR1 may search or fetch. It has no need to, and whoever takes the scanner over reads
            the whole archive.""",
        ),
        Wrong(
            "any-destination",
            _RIGHT.replace('["WORKSTN"]', '["*"]'),
            """VIEWER may have images sent to every destination that the archive knows: the
            teaching file, the research node, the other hospital.""",
        ),
        Wrong(
            "itself-alone",
            _RIGHT.replace('    destinations = ["WORKSTN"]\n', ""),
            """VIEWER may have images sent to VIEWER alone, and its C-MOVE to WORKSTN is refused
            with 0124. It was to reach WORKSTN.""",
        ),
        Wrong(
            "title-in-small-letters",
            _RIGHT.replace('"VIEWER"', '"viewer"'),
            """An AE title counts with its case (PS3.5 6.2): viewer is another one than VIEWER, and
            the reading room gets 1/1/3.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.8", "9.3.4"), cite("PS3.7", "C.5"))


def check(work: Work) -> Verdict:
    """Start an archive with the list, and call as each of them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "nodes.toml"
        path.write_text(work.answer, "utf-8")
        try:
            nodes = AllowList.from_toml(path)
        except UsageError as error:
            if work.answer.count("[[node]]") < 2 and "addresses" not in work.answer:
                return blank()
            return failed(expected="a list that can be read", got=str(error), rule=RULE)
    with Practice(NodePolicy(nodes), images=sample("mr-brain").datasets()[:1]) as archive:
        for title in ("MR1", "VIEWER"):
            got = archive.call(title)
            if got != "accepted":
                small = title.lower() in {node.ae_title for node in nodes.nodes}
                return failed(expected=f"{title} is accepted", got=f"{got}: {archive.reasons()}",
                              rule=RULE,
                              mistake="title-in-small-letters" if small else "")  # fmt: skip
        for title in ("MR1", "VIEWER"):
            if archive.call(title, source="127.0.0.2") == "accepted":
                return failed(expected=f"{title} is rejected from another machine", got="accepted",
                              rule=RULE, mistake="from-anywhere")  # fmt: skip
        if archive.call("GUEST") == "accepted":
            return failed(expected="GUEST is rejected", got="accepted", rule=RULE)
        return _acts(archive)


def _acts(archive: Practice) -> Verdict:
    peer, image = archive.peer, sample("mr-brain").datasets()[0]
    wanted = identifier("STUDY", StudyInstanceUID=image.StudyInstanceUID)
    if not store(peer, [image], ae_title="MR1").stored:
        return failed(expected="MR1 stores", got="refused", rule=RULE)
    if find(peer, wanted, ae_title="MR1").status == 0x0000:
        return failed(expected="MR1 cannot search", got="it finds the study", rule=RULE,
                      mistake="may-read-too")  # fmt: skip
    if find(peer, wanted, ae_title="VIEWER").status != 0x0000:
        return failed(expected="VIEWER searches", got="refused", rule=RULE)
    if store(peer, [image], ae_title="VIEWER").stored:
        return failed(expected="VIEWER stores nothing", got="it does", rule=RULE)
    with Receiver("WORKSTN") as near, Receiver("TEACHING") as far:
        for receiver in (near, far):
            archive.sends_to(receiver.peer)
        reached = move(peer, wanted, "WORKSTN", ae_title="VIEWER").status == 0x0000
        away = move(peer, wanted, "TEACHING", ae_title="VIEWER").status == 0x0000
    if not reached:
        return failed(expected="C-MOVE to WORKSTN", got="refused: 0124", rule=RULE,
                      mistake="itself-alone")  # fmt: skip
    if away:
        return failed(expected="no C-MOVE to TEACHING", got="the study is there", rule=RULE,
                      mistake="any-destination")  # fmt: skip
    return passed("Both do their work, from their place, and nothing beside it.", rule=RULE)
