"""A study is made: from the modality to the site's archive, and on as the style has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydicom.dataset import Dataset

from labkit.common.errors import NetworkError, UsageError
from labkit.dicom.transcode import encoded
from labkit.dimse import store
from labkit.exchange.network.inbox import payload
from labkit.exchange.network.results import Arrived
from labkit.exchange.network.site import MODALITY

if TYPE_CHECKING:
    from labkit.exchange.network.building import Built


def acquire(network: Built, site: str, datasets: list[Dataset]) -> Arrived:
    """Send the objects of one study to a site, as a modality of that site; see `Network.acquire`.

    Raises
    ------
    UsageError
        They are of no study, or of several.
    NetworkError
        The site is down, or did not take all of them.
    """
    studies = {str(ds.get("StudyInstanceUID", "")) for ds in datasets}
    if len(studies) != 1 or "" in studies:
        raise UsageError(
            "A study that is acquired is one: all objects have one Study Instance UID.",
            remedy="Acquire each study by itself.",
        )
    running = network.site(site)
    if not running.running:
        raise NetworkError(f"{site} is down.", remedy=f'Revive it first: revive("{site}").')
    peer = network.peer(site, site)
    result = store(peer, datasets, ae_title=MODALITY, timeout=network.timeout)
    if result.failed:
        raise NetworkError(
            f"{site} did not take {len(result.failed)} of {len(datasets)} objects; "
            f"{result.failed[0]}",
            remedy="Read its log, network.log in the network's folder.",
        )
    study = studies.pop()
    if network.design.style == "hybrid" and running.design.role == "hospital":
        running.announce(datasets)
    if network.gateways is not None:
        network.gateways.publish(site, study)
    if running.design.archive == "cache" and running.design.role == "hospital":
        network.copies[site].keep(study, running, running.design.keep)
    size = sum(payload(encoded(ds)) for ds in datasets)
    network.ledger.note("acquired", site, site, size, study)
    return Arrived(site, study, len(datasets), size)
