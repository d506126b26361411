"""What can still be answered when a site or a line is dead: each in turn."""

from __future__ import annotations

from dataclasses import dataclass

from labkit.common.errors import LabkitError
from labkit.exchange.experiment.measuring import whole
from labkit.exchange.experiment.workload import Made, Workload
from labkit.exchange.network import Network


@dataclass(frozen=True)
class Survived:
    """What was left without one site or one line.

    Attributes
    ----------
    what, name
        ``"nothing"``, ``"hospital"``, ``"centre"`` or ``"line"``; and which.
    asked
        Searches for a patient with priors elsewhere, from hospitals that live.
    due, listed, whole
        Priors that these searches should list, that they did, and of which all images came.
    unaware
        Searches that left something out and did not say so.
    own_due, own_whole
        Studies of living hospitals that were tried where they were made, and could be opened.
    """

    what: str
    name: str
    asked: int
    due: int
    listed: int
    whole: int
    unaware: int
    own_due: int
    own_whole: int

    @property
    def completeness(self) -> float:
        """Share of the priors that could be read."""
        return self.whole / self.due if self.due else 1.0


def survive(network: Network, work: Workload, *, each: int = 2) -> list[Survived]:
    """Kill each site and cut each line in turn, and ask the same questions each time.

    Parameters
    ----------
    network
        Through which the workload went.
    work
        What it did.
    each
        Priors and own studies that are tried at every hospital.
    """
    results = [_ask(network, work, "nothing", "", each)]
    for site in network.design.sites:
        network.kill(site.name)
        what = "hospital" if site.role == "hospital" else "centre"
        results.append(_ask(network, work, what, site.name, each))
        network.revive(site.name)
    for link in network.design.links:
        network.cut(link.name)
        results.append(_ask(network, work, "line", link.name, each))
        network.mend(link.name)
    return results


def _ask(network: Network, work: Workload, what: str, name: str, each: int) -> Survived:
    network.hang_up()  # so that no question meets a connection that the last failure broke
    asked = due = listed = got = unaware = own_due = own = 0
    for site in network.design.sites:
        if site.role != "hospital" or site.name == name:
            continue
        wanted = _one_of_each_patient(work.elsewhere(site.name))[:each]
        for study in wanted:
            asked, due = asked + 1, due + 1
            try:
                found = network.find(at=site.name, patient=study.patient)
                there = any(one.study == study.uid for one in found)
                unaware += not there and found.complete
                listed += there
            except LabkitError:
                there = False
            got += there and whole(network, site.name, study)
        mine = [study for study in work.studies if study.site == site.name][:each]
        own_due += len(mine)
        own += sum(whole(network, site.name, study) for study in mine)
    return Survived(what, name, asked, due, listed, got, unaware, own_due, own)


def _one_of_each_patient(studies: list[Made]) -> list[Made]:
    return list({study.patient: study for study in reversed(studies)}.values())[::-1]
