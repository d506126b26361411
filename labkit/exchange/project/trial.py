"""A design as it runs for a mark: the brief's patients and studies in it, and who knows whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydicom.dataset import Dataset

from labkit.common.access import ALLOW_ALL, AccessPolicy
from labkit.common.errors import LabkitError, NetworkError
from labkit.common.scope import Closes
from labkit.dicom.samples import sample
from labkit.exchange.network import Design, Fetched, Network
from labkit.exchange.parties import PatientId
from labkit.exchange.pix import CrossReference, Domain
from labkit.exchange.project.brief import Brief
from labkit.exchange.project.terms import Late, Made, Task


@dataclass(frozen=True)
class Done:
    """What came of a task.

    Attributes
    ----------
    missing
        Samples that were not found, or did not come, and why.
    others
        Samples of other people that were found instead, or as well.
    fetched
        What came, by its sample.
    silent
        Sites that gave no answer.
    """

    missing: dict[str, str] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    fetched: dict[str, Fetched] = field(default_factory=dict)
    silent: tuple[str, ...] = ()

    @property
    def well(self) -> bool:
        """Whether all came, and nothing of anybody else."""
        return not self.missing and not self.others

    def __str__(self) -> str:
        said = [f"{slug}: {why}" for slug, why in self.missing.items()]
        if self.others:
            said.append(f"found what is of somebody else: {', '.join(self.others)}")
        return "; ".join(said) or f"seen: {', '.join(self.fetched) or 'nothing'}"


class Manager:
    """The cross-reference manager of a design: it answers while its site has power."""

    def __init__(self, known: CrossReference, site: str, dead: Callable[[], frozenset[str]]):
        self._known, self._site, self._dead = known, site, dead

    def corresponding(
        self, pid: PatientId, authorities: Iterable[str] | None = None, /
    ) -> list[PatientId]:
        """As `CrossReference.corresponding`; NetworkError while its site is down."""
        if self._site in self._dead():
            raise NetworkError(f"{self._site} is down.", remedy=f'revive("{self._site}")')
        return self._known.corresponding(pid, authorities)


class Trial(Closes):
    """A network of a design with the studies of a brief.

    Parameters
    ----------
    brief, design
        What is to be tried, in what.
    folder
        Where its state is kept.
    quick
        Whether lines are as fast as the machine, for what is not about time.
    clock, policy
        As of `labkit.exchange.network.Network`.
    """

    def __init__(
        self,
        brief: Brief,
        design: Design,
        folder: Path,
        *,
        quick: bool = True,
        clock: Callable[[], float] | None = None,
        policy: AccessPolicy = ALLOW_ALL,
    ) -> None:
        sites = tuple(replace(site, studies=()) for site in design.sites)
        links = design.links
        if quick:
            links = tuple(replace(link, mbit=0.0, ms=0.0) for link in links)
        self.brief = brief
        self.design = design.changed(sites=sites, links=links)
        self.network = Network(self.design, folder, clock=clock, policy=policy)
        self.network.patients = self._manager()
        self.refused: dict[str, str] = {}
        self.made: dict[str, str] = {}
        self._open = ExitStack()

    def __enter__(self) -> Trial:
        self._open.enter_context(self.network)
        with ExitStack() as undo:
            undo.callback(self._open.close)
            for study in self.brief.studies:
                self.make(study)
            self.network.settle()
            undo.pop_all()
        return self

    def close(self) -> None:
        """End the network."""
        self._open.close()

    # -- who is who --

    def authority(self, site: str) -> str:
        """Who issues the IDs of a site, as the design has it; ``""`` where nobody does."""
        community = self.design.community(self.design.site(site).community)
        return community.authority.removeprefix("urn:oid:")

    def patient(self, person: str, site: str) -> PatientId:
        """A person as a site knows them."""
        return PatientId(self.brief.id_at(person, site), self.authority(site))

    def _manager(self) -> Manager | None:
        """The manager of the design, who knows the brief's people; ``None`` where there is none."""
        site = self.design.identity.manager
        if not site or not self.design.site(site).offers("pix"):
            return None
        names: dict[str, str] = {}
        for community in self.design.communities:
            if community.authority:
                oid = community.authority.removeprefix("urn:oid:")
                names.setdefault(oid, community.name)
        known = CrossReference([Domain(oid, name) for oid, name in names.items()])
        for person in self.brief.people:
            ids = {
                self.patient(person.name, hospital.name)
                for hospital in self.brief.hospitals
                if self.brief.id_at(person.name, hospital.name)
            }
            given = sorted((i for i in ids if i.authority in names), key=str)
            known.register(*given)
            if len(given) > 1:
                known.link(*given, why="the brief", duplicates=True)
        return Manager(known, site, lambda: self.network.dead)

    # -- what is done --

    def make(self, study: Made | Late) -> bool:
        """Have a study made at its hospital; what does not work is kept in `refused`."""
        try:
            self.network.acquire(study.site, self.datasets(study))
        except LabkitError as error:
            self.refused[study.sample] = error.message.rstrip(".")
            return False
        self.made[study.sample] = study.site
        return True

    def datasets(self, study: Made | Late) -> list[Dataset]:
        """The objects as a hospital makes them: its ID of the patient, and its issuer."""
        community = self.design.community(self.design.site(study.site).community)
        found = sample(study.sample).datasets()
        for ds in found:
            ds.PatientID = self.brief.id_at(study.person, study.site)
            if community.issuer:
                ds.IssuerOfPatientID = community.issuer
            elif "IssuerOfPatientID" in ds:
                del ds.IssuerOfPatientID
        return found

    def see(self, at: str, person: str, sees: Iterable[str]) -> Done:
        """Look for a person's studies at a site, and get the images of these."""
        wanted = {sample(slug).study_uid: slug for slug in sees}
        whose = self.whose()
        try:
            found = self.network.find(at=at, patient=self.patient(person, at))
        except LabkitError as error:
            return Done(missing=dict.fromkeys(wanted.values(), error.message.rstrip(".")))
        silent = tuple(found.silent)
        uids = {each.study for each in found}
        others = sorted(whose[uid][0] for uid in uids if whose.get(uid, ("", person))[1] != person)
        missing: dict[str, str] = {}
        fetched: dict[str, Fetched] = {}
        for uid, slug in wanted.items():
            if uid not in uids:
                why = f"not found, no answer from {', '.join(silent)}" if silent else "not found"
                missing[slug] = self.refused.get(slug, why)
                continue
            try:
                came = self.network.fetch(at=at, study=uid)
            except LabkitError:
                missing[slug] = "found, and its images did not come"
                continue
            if came.objects < len(sample(slug).paths()):
                missing[slug] = f"{came.objects} of {len(sample(slug).paths())} images came"
            fetched[slug] = came
        return Done(missing, tuple(others), fetched, silent)

    def do(self, task: Task) -> Done:
        """Do a task of the brief."""
        return self.see(task.at, task.person, task.sees)

    def whose(self) -> dict[str, tuple[str, str]]:
        """Study Instance UID to sample and person, of all that the brief has made."""
        every: list[Made | Late] = [*self.brief.studies, self.brief.late]
        return {sample(s.sample).study_uid: (s.sample, s.person) for s in every}

    # -- copies --

    def keeper(self, slug: str) -> str:
        """Where the original of a study is kept."""
        centre = self.design.centre
        if self.design.style == "centralised" and centre is not None:
            return centre.name
        return self.made[slug]

    def copies(self) -> list[tuple[str, str]]:
        """Site and sample of each copy: what is neither where it is kept nor where it was made.

        What a central index holds of a study is a manifest, and no copy.
        """
        centre = self.design.centre.name if self.design.centre else ""
        index = centre if self.design.style == "hybrid" else ""
        return [
            (site, slug)
            for slug, made_at in self.made.items()
            for site in self.network.holders(sample(slug).study_uid)
            if site not in (made_at, self.keeper(slug), index)
        ]

    def forget_copies(self) -> None:
        """Delete the copies, so that what comes next comes from afar."""
        for site, slug in self.copies():
            self.network.site(site).remove(sample(slug).study_uid)
