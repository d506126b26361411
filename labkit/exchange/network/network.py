"""A network as it runs: real archives, doors and lines, built as the design says."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from pydicom.dataset import Dataset

from labkit.common.errors import LabkitError, UsageError
from labkit.dicom.samples import SampleStudy, sample
from labkit.exchange.network.arriving import acquire
from labkit.exchange.network.asking import find
from labkit.exchange.network.building import Built
from labkit.exchange.network.fetching import fetch
from labkit.exchange.network.picture import picture
from labkit.exchange.network.results import Arrived, Fetched, Found
from labkit.exchange.network.traffic import Event, Traffic
from labkit.exchange.parties import PatientId

Objects = str | SampleStudy | Sequence[Dataset]
"""A slug of the sample data, a sample study, or data sets of one study."""


class Network(Built):
    """A network of sites on this machine, in this process.

    Parameters
    ----------
    design
        What is to be built. What `check_design` says of it does not matter: mistakes are built too.
    folder
        Where its state is kept; a folder of its own that goes with it where left out.
    clock
        Gives the time of events, seconds; by default since the network was made.
    policy
        Who decides about each act at each site, beside the allow list of the design.
    patients
        Says which ID a patient of one authority has with another (PIX); ``None``: nobody knows.
    timeout
        Seconds to wait for a site.

    Examples
    --------
    >>> with Network(example("three_federated")) as network:            # doctest: +SKIP
    ...     network.find(at="north", patient="LK-20871")
    ...     network.fetch(at="north", study=network.find(at="north", patient="LK-20871")[0].study)
    """

    # -- what is done --

    def acquire(self, site: str, study: Objects) -> Arrived:
        """Have a study made at a site: a modality sends it there, and the style does the rest."""
        return acquire(self, site, _datasets(study))

    def find(self, *, at: str, patient: str | PatientId = "", study: str = "") -> Found:
        """Look for the studies of a patient, as somebody at a site does; or for one study.

        Parameters
        ----------
        at
            Name of the site.
        patient
            A Patient ID, which every site takes for its own; or a `PatientId`, which each gets as
            its own authority knows the patient, and a site where nobody knows is not asked.
        study
            A Study Instance UID.
        """
        return find(self, at, patient, study)

    def fetch(self, *, at: str, study: str, source: str = "") -> Fetched:
        """Get the images of a study to a site, from where they are.

        Parameters
        ----------
        source
            Name of the site to get it from; looked for where left out.

        Raises
        ------
        NetworkError
            Nobody has it who can be reached, or it broke off.
        """
        return fetch(self, at, study, source)

    def prefetch(self, *, at: str, patient: str | PatientId, most: int = 5) -> list[Fetched]:
        """Get the newest studies of a patient to a site before they are wanted; those that came."""
        got: list[Fetched] = []
        newest = sorted(self.find(at=at, patient=patient), key=lambda s: s.date, reverse=True)
        for uid in list(dict.fromkeys(each.study for each in newest))[:most]:
            try:
                got.append(self.fetch(at=at, study=uid))
            except LabkitError as error:
                self._log.write("WARNING", at, "-", f"not prefetched: {error.message}")
        return got

    def settle(self, timeout: float = 20.0) -> dict[str, int]:
        """Wait until what is passed on has arrived, or cannot; what then still waits, by site."""
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            waiting = self.waiting()
            # What has gone since is not stuck: look again, it may wait at the next router.
            if not waiting or all(self._sites[name].stuck() for name in waiting):
                return waiting
            time.sleep(0.01)
        return self.waiting()

    # -- what happens to it --

    def kill(self, site: str) -> None:
        """Have a site lose its power: what it serves and what goes through it is gone."""
        running = self.site(site)
        self.wires.shut(site=site)
        running.stop()
        if self.gateways is not None:
            self.gateways.stop(site)
        self.ledger.note("killed", site, site)

    def revive(self, site: str) -> None:
        """Give a site its power back; what was on its disks is there."""
        stopped = self.site(site)
        if not stopped.running:
            stopped.start()
            if self.gateways is not None:
                self.gateways.restart(site)
        self.wires.reopen(site=site)
        self._forget(site)
        self.ledger.note("revived", site, site)
        self._try_again()

    def cut(self, link: str) -> None:
        """Cut a line, by its name; what is under way on it breaks off."""
        found = self._link(link)
        self.wires.shut(link=link)
        self.ledger.note("cut", *found)

    def mend(self, link: str) -> None:
        """Mend a line."""
        found = self._link(link)
        self.wires.reopen(link=link)
        self.ledger.note("mended", *found)
        self._try_again()

    def listen(self, link: str) -> Callable[[], bytes]:
        """Listen at a line, as somebody with a hand on the cable; call the result for the bytes."""
        self._link(link)
        return self.wires.lines[link].listen()

    @property
    def dead(self) -> frozenset[str]:
        """Sites without power."""
        return frozenset(self.wires.dead)

    @property
    def broken(self) -> frozenset[str]:
        """Lines that are cut."""
        return frozenset(self.wires.cut)

    def traffic(self) -> Traffic:
        """What went over each line so far; ``network.traffic() - before`` is what came since."""
        return self.ledger.traffic()

    def picture(self) -> dict[str, Any]:
        """The network as it is now, as plain data, for `labkit.widgets.NetworkMap`."""
        return picture(
            self.design,
            dead=self.dead,
            cut=self.broken,
            traffic=self.traffic(),
            events=self.ledger.numbered(200),
            waiting=self.waiting(),
        )

    @property
    def events(self) -> list[Event]:
        """What happened, oldest first."""
        return self.ledger.events

    def _link(self, name: str) -> tuple[str, str]:
        for link in self.design.links:
            if link.name == name:
                return link.from_, link.to
        names = ", ".join(link.name for link in self.design.links)
        raise UsageError(f"There is no line {name}.", remedy=f"There is {names}.")

    def _try_again(self) -> None:
        for site in self._sites.values():
            if site.router is not None and site.running:
                site.router.retry_now()


def _datasets(study: Objects) -> list[Dataset]:
    if isinstance(study, str):
        study = sample(study)
    return study.datasets() if isinstance(study, SampleStudy) else list(study)
