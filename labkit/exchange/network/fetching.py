"""Getting the images of a study to where they are wanted."""

from __future__ import annotations

import time
from io import BytesIO
from typing import TYPE_CHECKING

from labkit.common.errors import LabkitError, NetworkError
from labkit.dimse import identifier, move
from labkit.exchange.network.asking import between, find, pairwise
from labkit.exchange.network.inbox import payload
from labkit.exchange.network.results import Fetched

if TYPE_CHECKING:
    from labkit.exchange.network.building import Built
    from labkit.exchange.network.communities import Gateways
    from labkit.exchange.network.site import Site


def fetch(network: Built, at: str, study: str, source: str = "") -> Fetched:
    """Get a study; see `Network.fetch`."""
    begun = time.monotonic()
    here = network.site(at)
    if not here.running:
        raise NetworkError(f"{at} is down: nobody looks at images there.", remedy=f'revive("{at}")')
    have = here.objects(study)
    if have and source in ("", at):
        first, size = time.monotonic() - begun, here.size(study)
        return _done(network, Fetched(study, at, at, have, size, 0, first, first))
    if network.gateways is not None:
        return _across(network, network.gateways, here, study, begun)
    others = [site.name for site in network.design.sites if site.name != at]
    before = between(network, at, others)[0]
    holder = source or _holder(network, at, study)
    way = network.wires.way(at, holder)
    if way is None:
        raise NetworkError(
            f"{holder} has it, and no line leads there from {at}.", remedy="Mend a line, or wait."
        )
    get = _by_move if network.design.protocol == "dimse" else _by_wado
    first, count, size = get(network, here, holder, study, begun)
    if not count:
        raise NetworkError(
            f"{holder} sent nothing of {study}.", remedy="Look again: it may have been deleted."
        )
    seconds = time.monotonic() - begun
    line_bytes = between(network, at, others)[0] - before
    if not have and here.objects(study):
        network.copies[at].keep(study, here, here.design.keep)
    return _done(network, Fetched(study, at, holder, count, size, line_bytes, first, seconds))


def _across(network: Built, gateways: Gateways, here: Site, study: str, begun: float) -> Fetched:
    """Get a study by its manifest (RAD-69, RAD-75); an answer of SOAP comes as a whole."""
    at = here.name
    before = pairwise(network, gateways.pairs(at))[0]
    holder, files = gateways.fetch(at, study)
    seconds = time.monotonic() - begun
    if here.keeps_copies:
        for file in files.values():
            here.take(BytesIO(file), network.design.site(holder).ae_title)
        network.copies[at].keep(study, here, here.design.keep)
    line_bytes = pairwise(network, gateways.pairs(at))[0] - before
    size = sum(map(payload, files.values()))
    return _done(
        network, Fetched(study, at, holder, len(files), size, line_bytes, seconds, seconds)
    )


def _done(network: Built, fetched: Fetched) -> Fetched:
    network.ledger.note("fetched", fetched.source, fetched.at, fetched.line_bytes, fetched.study)
    return fetched


def _holder(network: Built, at: str, study: str) -> str:
    """Look for a site that has a study: the first in the order of the design that is reached."""
    found = find(network, at, "", study)
    places = [each.site for each in found if each.site != at]
    names = [site.name for site in network.design.sites]
    reached = [name for name in names if name in places and network.wires.way(at, name) is not None]
    if reached:
        return reached[0]
    if places:
        raise NetworkError(
            f"{', '.join(places)} has it, and no line leads there from {at}.",
            remedy="Mend a line, or wait until the site is back.",
        )
    why = "; ".join(f"{site}: {reason}" for site, reason in found.silent.items())
    raise NetworkError(
        f"Nobody who answered has {study}." + (f" No answer from {why}" if why else ""),
        remedy="Look for the patient first, or wait until all sites answer.",
    )


def _by_wado(
    network: Built, here: Site, holder: str, study: str, begun: float
) -> tuple[float, int, int]:
    """Read them as they come (WADO-RS, PS3.18 10.4); kept as a copy where the site keeps copies."""
    first, count, size = 0.0, 0, 0
    kept: list[str] = []
    title = network.design.site(holder).ae_title
    try:
        for file in network.client(here.name, holder).files(study):
            first = first or time.monotonic() - begun
            count, size = count + 1, size + payload(file)
            if here.keeps_copies:
                kept.append(here.take(BytesIO(file), title))
    except LabkitError:
        here.forget(kept)  # half a study would be taken for all of it
        raise
    return first, count, size


def _by_move(
    network: Built, here: Site, holder: str, study: str, begun: float
) -> tuple[float, int, int]:
    """Have them sent here (C-MOVE, PS3.4 C.4.2); what is sent here stays here, as a copy."""
    peer = network.peer(here.name, holder)
    with here.awaiting() as arrived:
        result = move(
            peer,
            identifier("STUDY", StudyInstanceUID=study),
            here.design.ae_title,
            ae_title=peer.calling,
            timeout=network.timeout,
        )
        result.raise_for_status()
    mine = [(at, size) for at, uid, size in arrived if uid == study]
    first = min((at for at, _ in mine), default=begun) - begun
    return first, len(mine), sum(size for _, size in mine)
