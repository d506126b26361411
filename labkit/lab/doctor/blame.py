"""What a refusal means, and who has to change what."""

from __future__ import annotations

from collections.abc import Sequence

from labkit.common.errors import AssociationRejected
from labkit.dimse import MoveResult
from labkit.lab.doctor.finding import LayerFails

# Who changes what when an association is rejected: (source, reason) of PS3.8 Table 9-21.
_WHO = {
    (1, 3): "The administrator of {called}: add {calling}, calling from {address}, to the AE "
    "titles it knows. Or you: our_ae_title, to one that it knows.",
    (1, 7): "You: ae_title; this server does not go by {called}. Case and every letter count.",
    (1, 2): "You: host and port; this is another kind of server.",
    (2, 1): "You: user and passcode, if it wants them. Else its administrator: read its log.",
    (3, 1): "Nobody: it is busy. Try again in a minute.",
    (3, 2): "The administrator of {called}: it serves as many associations as it may.",
}


def rejected(
    error: AssociationRejected, *, called: str, calling: str, address: str, entry: Sequence[str]
) -> LayerFails:
    """Say who has to change what after an A-ASSOCIATE-RJ (PS3.8 9.3.4)."""
    words = _WHO.get((error.source, error.reason))
    said = {"called": called, "calling": calling, "address": address}
    remedy = words.format(**said) if words else error.remedy
    return LayerFails(error.message, remedy=remedy, entry=entry)


def not_moved(
    result: MoveResult, turned_away: Sequence[str], called: str, ours: str, entry: Sequence[str]
) -> LayerFails:
    """Say why nothing came of a C-MOVE (PS3.4 C.4.2.1.5).

    Parameters
    ----------
    turned_away
        Calling AE titles of the associations that our receiver rejected meanwhile.
    called, ours
        The archive, and the destination.
    entry
        What the archive should know of `ours`.
    """
    who = f"The administrator of {called}"
    if turned_away:
        return LayerFails(
            f"it called {ours} here as {turned_away[0]}, which was not let in",
            remedy=f'You: in [receive], allow = ["{turned_away[0]}"].',
        )
    if result.completed:
        said = f"it says that it sent the object, and nothing came to {ours} here"
        remedy = f"{who}: its entry for {ours} has another address. It should be:"
    elif result.failed or result.status.code == 0xA702:
        said = f"answers {result.status}: it knows {ours}, and could not send to it"
        remedy = (
            f"{who}: compare its entry for {ours} with this one. The network's administrator: "
            "allow TCP from there to here, and in this machine's own firewall."
        )
    elif result.status.code == 0xA801:
        said = f"answers {result.status}: it does not know {ours}"
        remedy = f"{who}: add this entry."
    else:  # a product may say the same of both (Orthanc: C000)
        said = f"answers {result.status}: it does not know {ours}, or could not send to it"
        remedy = (
            f"{who}: add this entry. If it is there: can that machine reach this one at that port? "
            "Firewalls, here too."
        )
    return LayerFails(said, remedy=remedy, entry=entry)
