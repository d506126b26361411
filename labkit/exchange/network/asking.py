"""Where are the studies of this patient? Each style asks others."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from pydicom.dataset import Dataset

from labkit.common.errors import LabkitError, NetworkError, UsageError
from labkit.dimse import find as c_find
from labkit.dimse import identifier
from labkit.exchange.manifests import Manifest, read
from labkit.exchange.network.knowing import issuer_of, known_ids
from labkit.exchange.network.results import Found, Located
from labkit.exchange.parties import PatientId

if TYPE_CHECKING:
    from labkit.exchange.network.building import Built
    from labkit.exchange.network.communities import Gateways

_AT_ONCE = 32
_KEYS = (
    "StudyInstanceUID", "PatientID", "IssuerOfPatientID", "StudyDate", "StudyDescription",
    "ModalitiesInStudy", "NumberOfStudyRelatedInstances",
)  # fmt: skip


def find(network: Built, at: str, patient: str | PatientId, study: str) -> Found:
    """Look for studies; see `Network.find`.

    Raises
    ------
    UsageError
        Neither a patient nor a study is given.
    NetworkError
        The site that asks is down.
    """
    if not patient and not study:
        raise UsageError("A search names a patient or a study.", remedy='patient="NG-100457"')
    if not network.site(at).running:
        raise NetworkError(f"{at} is down: nobody asks there.", remedy=f'revive("{at}")')
    begun = time.monotonic()
    if network.gateways is not None:
        return _across(network, network.gateways, at, patient, begun)
    asked = [name for name in _asked(network, at) if _keys(network, name, patient, study)]
    before = between(network, at, asked)
    silent: dict[str, str] = {}

    def ask(name: str) -> list[Located]:
        try:
            return _answer(network, at, name, _keys(network, name, patient, study))
        except LabkitError as error:
            silent[name] = error.message
            return []

    with ThreadPoolExecutor(min(_AT_ONCE, len(asked) or 1)) as pool:
        answers = list(pool.map(ask, asked))
    found = {(each.study, each.site): each for answer in answers for each in answer}
    studies = sorted(found.values(), key=lambda each: (each.date, each.study, each.site))
    after = between(network, at, asked)
    network.ledger.note("found", at, at, after[0] - before[0], study or str(patient))
    return Found(
        tuple(studies),
        tuple(asked),
        {name: silent[name] for name in asked if name in silent},
        after[0] - before[0],
        after[1] - before[1],
        time.monotonic() - begun,
    )


def _across(
    network: Built, gateways: Gateways, at: str, patient: str | PatientId, begun: float
) -> Found:
    """Look for a patient's studies by registry and gateways."""
    if not patient:
        raise UsageError(
            "Between communities a search names a patient.", remedy='patient="NG-100457"'
        )
    before = pairwise(network, gateways.pairs(at))
    found, silent = gateways.find(at, patient)
    after = pairwise(network, gateways.pairs(at))
    studies = sorted(found, key=lambda each: (each.date, each.study, each.site))
    network.ledger.note("found", at, at, after[0] - before[0], str(patient))
    return Found(
        tuple(studies), tuple(gateways.asked(at)), silent, after[0] - before[0],
        after[1] - before[1], time.monotonic() - begun,
    )  # fmt: skip


def pairwise(network: Built, pairs: Iterable[tuple[str, str]]) -> tuple[int, int]:
    """Bytes and messages so far between pairs of sites."""
    counts = [network.ledger.between(frozenset(pair)) for pair in pairs if pair[0] != pair[1]]
    return sum(count[0] for count in counts), sum(count[1] for count in counts)


def _asked(network: Built, at: str) -> list[str]:
    """Whom somebody at a site asks: where all is known, or everybody; and the own archive."""
    design = network.design
    keeps = [site.name for site in design.sites if network.site(site.name).archive is not None]
    if design.style != "federated" and design.centre is not None:
        keeps = [name for name in keeps if name in (at, design.centre.name)]
        # What is here is in the central archive too; without that, here is better than nothing.
        alone = network.wires.way(at, design.centre.name) is None
        if design.style == "centralised" and at != design.centre.name and not alone:
            keeps = [design.centre.name]
    return keeps


def _keys(network: Built, site: str, patient: str | PatientId, study: str) -> list[dict[str, str]]:
    """What a site is asked for, one search each; none where the patient is not known there."""
    wanted = {"StudyInstanceUID": study} if study else {}
    if not patient:
        return [wanted]
    ids = known_ids(network.design, network.patients, patient, site)
    if ids is None:
        return [{"PatientID": str(patient), **wanted}]
    return [
        {"PatientID": each.value, "IssuerOfPatientID": issuer_of(network.design, each.authority)}
        | wanted
        for each in ids
    ]


def _answer(network: Built, at: str, site: str, searches: list[dict[str, str]]) -> list[Located]:
    if at != site and network.wires.way(at, site) is None:
        raise NetworkError(
            f"{site} cannot be reached from {at}", remedy="Mend a line, or revive the site."
        )
    index = network.design.style == "hybrid" and site != at
    found: list[Located] = []
    for keys in searches:
        for ds in query(network, at, site, keys):
            located = _located(ds, site)
            found.append(located if not index else _indexed(network, at, site, located))
    return found


def query(network: Built, at: str, site: str, keys: dict[str, str]) -> list[Dataset]:
    """Ask one site for studies, by the protocol of the design.

    An issuer among the keys is not sent, since many archives do not search by it: answers that say
    another are left out.
    """
    issuer = keys.get("IssuerOfPatientID", "")
    sent = {key: value for key, value in keys.items() if key != "IssuerOfPatientID"}
    if network.design.protocol == "dimse":
        asked = identifier("STUDY", **{**dict.fromkeys(_KEYS), **sent})
        peer = network.peer(at, site)
        answer = c_find(peer, asked, ae_title=peer.calling, timeout=network.timeout)
        answer.raise_for_status()
        matches: Iterable[Dataset] = answer
    else:
        matches = network.client(at, site).studies(
            **sent, includefield="IssuerOfPatientID,StudyDescription"
        )
    fits = ("", issuer)
    return [ds for ds in matches if not issuer or str(ds.get("IssuerOfPatientID", "")) in fits]


def _located(ds: Dataset, site: str) -> Located:
    kinds = ds.get("ModalitiesInStudy") or ()
    listed = [kinds] if isinstance(kinds, str) else list(kinds)
    return Located(
        str(ds.StudyInstanceUID), site, str(ds.get("PatientID", "")), str(ds.get("StudyDate", "")),
        str(ds.get("StudyDescription", "")), tuple(sorted(map(str, listed))),
        int(ds.get("NumberOfStudyRelatedInstances") or 0),
    )  # fmt: skip


def _indexed(network: Built, at: str, centre: str, located: Located) -> Located:
    """Read in the central index where a study is: its manifest names the archive."""
    manifest = _manifest(network, at, centre, located.study)
    titles = [title for place in manifest.locations for title in place.ae_titles]
    sites = {site.ae_title: site.name for site in network.design.sites}
    holder = next((sites[title] for title in titles if title in sites), centre)
    return Located(
        located.study, holder, located.patient, located.date, manifest.study_description,
        manifest.modalities, len(manifest.instance_uids), manifest,
    )  # fmt: skip


def _manifest(network: Built, at: str, centre: str, study: str) -> Manifest:
    files = map(read, network.client(at, centre).files(study))
    found = [manifest for manifest in files if manifest.flavour == "xds-i.b"]
    if not found:
        raise NetworkError(
            f"{centre} has no manifest of {study}", remedy="Have the site announce it again."
        )
    return max(found, key=lambda manifest: (manifest.created_date, manifest.created_time))


def between(network: Built, at: str, sites: Iterable[str]) -> tuple[int, int]:
    """Bytes and messages so far between a site and others."""
    return pairwise(network, [(at, name) for name in sites])
