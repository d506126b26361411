"""What the lab recorded of the learner's acts; for the checks of exercises.

The variable ``mark`` of the notebook, where an exercise's blank begins with ``mark = lab.mark()``,
is the moment from which acts count. Without it everything counts that the lab still remembers.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.dataset import Dataset

from labkit.dimse import AssociationTrace, DimseMessage, Status, decode_messages, find, identifier
from labkit.exercises.model import Work
from labkit.lab import Mark
from labkit.lab.health import HEALTH_AE


def since(work: Work) -> Mark | None:
    """Return the moment from which acts count, for ``lab.log(…, since=)`` and its like."""
    mark = work.namespace.get("mark")
    return mark if isinstance(mark, Mark) else None


def traces(work: Work, node: str, *, caller: str = "LEARNER") -> list[AssociationTrace]:
    """Return the associations that `node` recorded, newest last.

    Parameters
    ----------
    work
        As the check got it.
    node
        The acceptor, by name: ``"ARCHIVE"``.
    caller
        Only those that this AE title opened; ``""`` for any.
    """
    found = work.lab.traces(node, since=since(work))
    return [trace for trace in found if caller in ("", trace.requestor.ae_title)]


def messages(
    work: Work, node: str, name: str = "", *, caller: str = "LEARNER"
) -> list[DimseMessage]:
    """Return the DIMSE messages that `node` sent and got, in the order of their associations.

    Parameters
    ----------
    work, node, caller
        As of `traces`.
    name
        Only those of this name: ``"C-STORE-RQ"`` (PS3.7 E.1-1); ``""`` for all.

    Examples
    --------
    ``[m.command.AffectedSOPInstanceUID for m in messages(work, "ARCHIVE", "C-STORE-RQ")]``
    """
    return [
        message
        for trace in traces(work, node, caller=caller)
        for message in decode_messages(trace)
        if name in ("", message.name)
    ]


@dataclass(frozen=True)
class Exchange:
    """One request and what came back on the same association, in order; the last one is final."""

    trace: AssociationTrace
    request: DimseMessage
    responses: list[DimseMessage]

    @property
    def status(self) -> Status | None:
        """The final status; `None` where no response came."""
        return self.responses[-1].status if self.responses else None

    @property
    def succeeded(self) -> bool:
        """Whether it ended well; a warning says that it was done, with a remark (PS3.7 C)."""
        return self.status is not None and self.status.category in ("Success", "Warning")

    @property
    def sop_instance_uid(self) -> str:
        """The object of a C-STORE; ``""`` where the request names none."""
        return str(self.request.command.get("AffectedSOPInstanceUID", ""))

    @property
    def level(self) -> str:
        """The level of a query or retrieval; ``"?"`` where its identifier cannot be read."""
        keys = self.request.data_set
        return str(keys.get("QueryRetrieveLevel", "?")) if keys else "?"

    @property
    def matches(self) -> int:
        """The number of pending responses; each of a C-FIND is a match (PS3.4 C.4.1.3.1)."""
        return sum(r.status is not None and r.status.category == "Pending" for r in self.responses)


def exchanges(work: Work, node: str, service: str, *, caller: str = "") -> list[Exchange]:
    """Return each request of a service that somebody made of `node`, with its responses.

    Parameters
    ----------
    work, node
        As of `traces`.
    service
        ``"C-STORE"``, ``"C-FIND"`` …
    caller
        Only those of this AE title. By default anybody's but the lab's own nodes': a learner may
        call under any name, and what ROUTER forwards is not the learner's act.
    """
    found: list[Exchange] = []
    for trace in traces(work, node, caller=caller):
        if not caller and trace.requestor.ae_title in (*work.lab.nodes, HEALTH_AE):
            continue
        asked: dict[int | None, Exchange] = {}  # by Message ID, which a caller may use again
        for message in decode_messages(trace):
            if message.name == f"{service}-RQ" and message.sender == "requestor":
                asked[message.message_id] = Exchange(trace, message, [])
                found.append(asked[message.message_id])
            elif message.name == f"{service}-RSP" and message.message_id in asked:
                asked[message.message_id].responses.append(message)
    return found


def arrived(work: Work, node: str = "WORKSTN", *, caller: str = "ARCHIVE") -> list[Dataset]:
    """Return the objects that `node` holds and that `caller` sent it, in the order it got them.

    An object that was there before the mark, and has been sent again since, counts too: the node
    keeps the first copy, and only its record knows of the second.
    """
    sent = {
        x.sop_instance_uid for x in exchanges(work, node, "C-STORE", caller=caller) if x.succeeded
    }
    return [ds for ds in work.lab.received(node) if str(ds.SOPInstanceUID) in sent]


def size_in_archive(work: Work, study: str) -> int:
    """Ask ARCHIVE how many objects of a study it has; as WORKSTN, so it is no act of a learner's.

    Parameters
    ----------
    study
        A Study Instance UID; an empty one would match any study, and counts as none.
    """
    if not study:
        return 0
    keys = identifier("STUDY", StudyInstanceUID=study, NumberOfStudyRelatedInstances="")
    found = find(work.lab.archive, keys, ae_title="WORKSTN")
    return int(found[0].NumberOfStudyRelatedInstances) if len(found) else 0
