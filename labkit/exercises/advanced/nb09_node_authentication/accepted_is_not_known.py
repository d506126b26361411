"""Accepted is not known

The association stands. Does the archive know who the user is?
"""

from __future__ import annotations

from collections.abc import Callable

from labkit.access.nodes import AllowList, NodeEntry, NodeUser, hash_passcode
from labkit.access.nodes.practice import Practice
from labkit.common import cite
from labkit.dimse import Peer, client_context, server_context
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb09_node_authentication._nodes import IMPORTS, authorities

_RIGHT = """
    def known(peer, user, passcode):
        identity = UserIdentity(user, passcode, confirm=True)
        there = Peer(peer.ae_title, peer.host, peer.port, tls=peer.tls, identity=identity)
        try:
            echo(there, ae_title="VIEWER")
        except AssociationRejected:
            return "refused"
        except AssociationError:
            return "not looked at"
        return "known"
"""

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
    def known(peer, user, passcode):
        ...  # calls as VIEWER with that user. "known": the archive has taken the user;
             # "refused": it has rejected the association; "not looked at": it has accepted
             # without a word on the user

    # Peer(…, tls=peer.tls, identity=UserIdentity(user, passcode, …)); echo(peer, ae_title="VIEWER")
    """,
    answer="known",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        Who does not know user identities ignores the sub-item and accepts (PS3.7 D.3.3.7): an
        acceptance says nothing of the user. A requestor that cares asks for a positive response;
        then 59H in the A-ASSOCIATE-AC says that the identity was taken, for types 1 and 2 with
        nothing in it (D.3.3.7.2). DCMTK asks for it with --pos-response. Without it the audit trail
        of that archive has the workstation's name where you think it has the user's.
    """,
    hints=(
        "What is different in the A-ASSOCIATE-AC of an archive that has checked, and of one that "
        "has ignored the user?",
        "UserIdentity has a parameter that asks for the positive response, and leaves an "
        "association that lacks it.",
        "confirm=True. AssociationRejected is refused; another AssociationError means that no "
        "response came. AssociationRejected is one too, so catch it first.",
    ),
    wrong=(
        Wrong(
            "accepted-is-known",
            _RIGHT.replace(", confirm=True", ""),
            """You asked for no positive response. The archive that knows no users accepted, and
            with it a passcode that does not exist.""",
        ),
        Wrong(
            "caught-too-early",
            _RIGHT.replace("except AssociationRejected:", "except AssociationError:").replace(
                '        except AssociationError:\n            return "not looked at"\n', ""),
            """A rejection is an AssociationError, and so is an acceptance without a response. You
            call both refused.""",
        ),
        Wrong(
            "without-tls",
            _RIGHT.replace("tls=peer.tls, ", ""),
            """You called without the TLS that the peer has. This archive does not speak anything
            else, and no passcode belongs on the wire in clear.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.7", "D.3.3.7"), cite("PS3.15", "B.5"))


def check(work: Work) -> Verdict:
    """Be an archive that checks, and one that does not know users."""
    with authorities() as (ours, _):
        context = server_context(ours.credential("ARCHIVE"))
        tls = client_context(ours.certificate)
        user = NodeUser("chen", hash_passcode("lantern-7"))
        viewer = NodeEntry("VIEWER", ("127.0.0.1",), services=("C-ECHO",), identity="passcode",
                           users=("chen",))  # fmt: skip
        with Practice(AllowList([viewer], [user]), tls=context) as careful, \
                Practice(tls=context) as careless:  # fmt: skip
            for what, archive, passcode, wanted in (
                ("it checks, the passcode is right", careful, "lantern-7", "known"),
                ("it checks, the passcode is wrong", careful, "guess", "refused"),
                ("it does not know users", careless, "lantern-7", "not looked at"),
            ):
                at = archive.peer
                peer = Peer(at.ae_title, at.host, at.port, tls=tls)
                got = work.call(peer, "chen", passcode)
                if got is None or got is ...:
                    return blank()
                if got != wanted:
                    return failed(expected=f"{what}: {wanted}", got=got, rule=RULE,
                                  mistake=_mistake(wanted, got))  # fmt: skip
    return passed("Known, refused, and not looked at are told apart.", rule=RULE)


def _mistake(wanted: str, got: object) -> str:
    if wanted == "known":
        return "without-tls"
    if wanted == "not looked at":
        return "accepted-is-known" if got == "known" else "caught-too-early"
    return ""
