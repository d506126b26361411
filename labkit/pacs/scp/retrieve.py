"""What C-MOVE and C-GET have in common: reading the request, and the two kinds of response."""

from __future__ import annotations

from collections.abc import Callable

from labkit.common.errors import DataError
from labkit.pacs.entering import Entry
from labkit.pacs.exchange import PENDING, Exchange
from labkit.pacs.hidden import Visible
from labkit.pacs.identifier import IdentifierError
from labkit.pacs.negotiate import relational_agreed
from labkit.pacs.retrieval import MOST, Tally, objects_of, read_retrieval, studies
from labkit.pacs.scp.find import UNABLE_TO_PROCESS, root_of
from labkit.pacs.sender import Shipment

TOO_MANY = 0xA701  # refused: out of resources, unable to calculate number of matches
CANCELLED = 0xFE00


def entries_wanted(x: Exchange, verb: str, visible: Visible) -> list[Entry] | None:
    """The objects a request asks for; ``None`` where it has been answered with a failure.

    What the peer may not have is not there: a refusal would tell that it is.
    """
    root = root_of(x)
    try:
        identifier = x.decode(x.request.Identifier)
        relational = relational_agreed(x.assoc, x.context)
        wanted = read_retrieval(identifier, root, relational=relational)
    except IdentifierError as error:
        x.warn(f"{verb} failed ({error.status:04X}): {error.message}")
        x.respond(error.status, comment=error.message, offending=error.offending)
        return None
    except DataError as error:
        x.warn(f"{verb} failed ({UNABLE_TO_PROCESS:04X}): {error.message}")
        x.respond(UNABLE_TO_PROCESS, comment=error.message)
        return None
    entries = objects_of(x.archive, wanted)
    if len(entries) > MOST:
        x.warn(f"{verb} failed ({TOO_MANY:04X}): more than {MOST} objects in one retrieval")
        x.respond(TOO_MANY, comment=f"more than {MOST} objects")
        return None
    hidden = {study for patient, study in studies(entries) if not visible(patient, study)}
    for study in sorted(hidden):
        x.warn(f"{verb}: withheld by the access policy [study {study}]")
    return [entry for entry in entries if entry.study_instance_uid not in hidden]


def withdrawn(entries: list[Entry], visible: Visible) -> Callable[[], bool]:
    """Return what says whether leave has been withdrawn for a study since the retrieval began."""
    asked = list(studies(entries))
    return lambda: not all(visible(patient, study) for patient, study in asked)


def shipments_of(x: Exchange, entries: list[Entry]) -> list[Shipment]:
    """The files of objects."""
    return [
        Shipment(
            entry.sop_class_uid,
            entry.sop_instance_uid,
            entry.transfer_syntax,
            x.archive.objects.path(entry.sop_instance_uid),
            x.archive.decisions.outgoing,
        )
        for entry in entries
    ]


def pending(x: Exchange, tally: Tally) -> None:
    """Say how far it is (PS3.4 C.4.2.1.6)."""
    if tally.remaining:
        x.respond(PENDING, **tally.fields(final=False))


def finish(x: Exchange, tally: Tally, verb: str, *, cancelled: bool = False) -> None:
    """Send the final response; unless all went well it lists the objects that failed."""
    status = CANCELLED if cancelled else tally.status()
    x.log(
        "INFO" if status in (0x0000, CANCELLED) else "WARNING",
        f"{verb} {'cancelled by the peer' if cancelled else 'ended'} ({status:04X}): {tally}"
        + (f", {tally.remaining} not sent" if cancelled else ""),
    )
    identifier = x.encode(tally.failed_list()) if status else None
    # What remains is said in a cancelled operation only (PS3.7 9.1.4.1.7).
    x.respond(status, identifier, **tally.fields(final=not cancelled))
