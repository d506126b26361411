"""What a manifest promises, and what is there: which object can be had where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydicom.uid import KeyObjectSelectionDocumentStorage

from labkit.common.errors import LabkitError
from labkit.dicomweb.client import DicomwebClient
from labkit.dimse import Peer
from labkit.exchange.manifests.holders import Holder, holder_of
from labkit.exchange.manifests.model import Location, Manifest, Problem, Series
from labkit.exchange.manifests.reading import read
from labkit.exchange.manifests.values import text

Client = DicomwebClient | Peer | Holder
Clients = Mapping[str, Client]
AVAILABLE, MISSING, REJECTED, UNKNOWN = "available", "missing", "rejected", "unknown"


@dataclass(frozen=True)
class Whereabouts:
    """Of one object that is listed.

    Attributes
    ----------
    state
        ``available``; ``missing`` from all that were asked; ``rejected`` by a note (a source
        answers 404 then, RAD TF-2 4.69); ``unknown``: nobody could be asked.
    places
        Where it is, as the manifest names the place, or ``archive``.
    note
        What is odd, such as another series.
    """

    uid: str
    series_uid: str
    state: str
    places: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Resolution:
    """Of a whole manifest.

    Attributes
    ----------
    instances
        One for each object that is listed.
    extra
        ``(SeriesInstanceUID, SOPInstanceUID)`` of objects of the study that are not listed: they
        came after the manifest, or were held back.
    problems
        Places that nobody may ask, or that did not answer.
    """

    manifest: Manifest
    instances: tuple[Whereabouts, ...]
    extra: tuple[tuple[str, str], ...]
    problems: tuple[Problem, ...]

    def of_state(self, state: str) -> tuple[str, ...]:
        """SOP Instance UIDs of one state."""
        return tuple(each.uid for each in self.instances if each.state == state)

    @property
    def available(self) -> tuple[str, ...]:
        """What can be had."""
        return self.of_state(AVAILABLE)

    @property
    def missing(self) -> tuple[str, ...]:
        """What nobody who was asked has."""
        return self.of_state(MISSING)

    @property
    def rejected(self) -> tuple[str, ...]:
        """What a rejection note takes out of use."""
        return self.of_state(REJECTED)

    @property
    def complete(self) -> bool:
        """Whether all that is listed can be had."""
        return len(self.available) == len(self.instances)

    def __str__(self) -> str:
        counts = [f"{len(self.of_state(s))} {s}"
                  for s in (AVAILABLE, MISSING, REJECTED, UNKNOWN) if self.of_state(s)]  # fmt: skip
        more = f"; {len(self.extra)} not listed" if self.extra else ""
        return f"{len(self.instances)} listed: {', '.join(counts) or 'nothing'}{more}"

    def to_json(self) -> dict[str, Any]:
        """Return the whole as JSON values."""
        return {
            "manifest": self.manifest.uid,
            "study": self.manifest.study_uid,
            "instances": [
                {"uid": i.uid, "series": i.series_uid, "state": i.state, "places": list(i.places),
                 **({"note": i.note} if i.note else {})} for i in self.instances
            ],
            "extra": [{"series": series, "uid": uid} for series, uid in self.extra],
            "problems": [str(problem) for problem in self.problems],
        }  # fmt: skip


def resolve(
    manifest: Manifest,
    client: Client | None = None,
    *,
    urls: Clients | None = None,
    locations: Clients | None = None,
    ae_titles: Clients | None = None,
) -> Resolution:
    """Find out what of a manifest can be had, and where.

    A manifest comes from outside, and so do its addresses: only who is named here is asked, and a
    Retrieve URL that is not is told, never followed (CWE-918).

    Parameters
    ----------
    client
        An archive that is asked about everything.
    urls
        Retrieve URL → who answers there. Only the part before ``/studies`` counts.
    locations
        Retrieve Location UID → who that is.
    ae_titles
        Retrieve AE Title → who that is.
    """
    asking = _Asking(manifest, client, urls or {}, locations or {}, ae_titles or {})
    instances = tuple(asking.whereabouts())
    return Resolution(manifest, instances, tuple(asking.extra()), tuple(asking.problems.values()))


@dataclass
class _Answer:
    """What one place has of one study: series by object, and what its notes reject."""

    held: dict[str, str] = field(default_factory=dict)
    rejected: dict[str, str] = field(default_factory=dict)
    selections: set[str] = field(default_factory=set)


class _Asking:
    def __init__(
        self, manifest: Manifest, client: Client | None, urls: Clients, locations: Clients,
        ae_titles: Clients,
    ) -> None:  # fmt: skip
        self.manifest, self.client = manifest, client
        self.urls = {base_of(url): one for url, one in urls.items()}
        self.locations, self.ae_titles = locations, ae_titles
        self.problems: dict[str, Problem] = {}
        self.answers: dict[tuple[str, str], _Answer | None] = {}

    def whereabouts(self) -> Iterator[Whereabouts]:
        for series in self.manifest.series:
            study = series.study_uid or self.manifest.study_uid
            asked = {name: self.ask(name, client, study)
                     for name, client in self.places(series)}  # fmt: skip
            answers = {name: answer for name, answer in asked.items() if answer is not None}
            silent = len(answers) < len(asked) or not asked
            for instance in series.instances:
                yield _one(instance.uid, series.uid, answers, silent)

    def places(self, series: Series) -> Iterator[tuple[str, Client]]:
        """Yield who is to be asked for a series; a place that nobody named is a problem."""
        if self.client is not None:
            yield "archive", self.client
        location: Location = series.location
        named = [("Retrieve URL (0008,1190)", location.url, self.urls.get(base_of(location.url))),
                 ("Retrieve Location UID (0040,E011)", location.uid,
                  self.locations.get(location.uid)),
                 *(("Retrieve AE Title (0008,0054)", title, self.ae_titles.get(title))
                   for title in location.ae_titles)]  # fmt: skip
        for what, name, client in named:
            if client is not None:
                yield name, client
            elif name:
                self.problems.setdefault(
                    name, Problem(what, f"{name} is not known here: not asked")
                )

    def ask(self, name: str, client: Client, study: str) -> _Answer | None:
        if (name, study) not in self.answers:
            try:
                self.answers[name, study] = _answer(holder_of(client), study)
            except LabkitError as error:
                self.answers[name, study] = None
                self.problems[name] = Problem(name, f"did not answer: {error.message}")
        return self.answers[name, study]

    def extra(self) -> Iterator[tuple[str, str]]:
        listed = set(self.manifest.instance_uids)
        found: dict[str, str] = {}
        for (_, study), answer in self.answers.items():
            if answer is not None and study == self.manifest.study_uid:
                own = {uid: series for uid, series in answer.held.items()
                       if uid not in answer.rejected and uid not in answer.selections}  # fmt: skip
                found |= own
        return ((series, uid) for uid, series in found.items() if uid not in listed)


def _one(uid: str, series: str, answers: Mapping[str, _Answer], silent: bool) -> Whereabouts:
    reasons = [answer.rejected[uid] for answer in answers.values() if uid in answer.rejected]
    places = tuple(name for name, answer in answers.items() if uid in answer.held)
    if reasons:
        still = " and still served" if places else ""
        return Whereabouts(uid, series, REJECTED, places, f"{reasons[0]}{still}")
    if places:
        other = {answers[name].held[uid] for name in places} - {series}
        note = f"is in series {', '.join(sorted(other))} now" if other else ""
        return Whereabouts(uid, series, AVAILABLE, places, note)
    return Whereabouts(uid, series, UNKNOWN if silent else MISSING)


def _answer(holder: Holder, study: str) -> _Answer:
    answer = _Answer()
    for ds in holder.held(study):
        uid, series = text(ds, "SOPInstanceUID"), text(ds, "SeriesInstanceUID")
        answer.held[uid] = series
        if text(ds, "SOPClassUID") == KeyObjectSelectionDocumentStorage:
            document = holder.document(study, series, uid)
            said = read(document) if document is not None else None
            if said is not None and said.is_rejection:
                answer.rejected |= dict.fromkeys(said.instance_uids, said.title.meaning)
            if said is not None and said.flavour:  # a note or a manifest: about images, none itself
                answer.selections.add(uid)
    return answer


def base_of(url: str) -> str:
    """Return the base of a Retrieve URL: what stands before ``/studies`` (RAD TF-2 4.107)."""
    return url.partition("/studies")[0].rstrip("/")
