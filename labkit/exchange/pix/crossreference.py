"""Which patient IDs of several authorities are of one person: a cross-reference manager.

An ID is a number *and* its issuer (`PatientId`); the same number of two issuers is two IDs, and
nothing here ever puts two together because their numbers are alike. What puts them together is
somebody's word: a table, a rule on Patients that was declared (`matching`), or `link`. Each link
and each unlinking keeps its reason.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from labkit.common.errors import UsageError
from labkit.exchange.parties import PatientId
from labkit.exchange.pix.domains import Domain


class UnknownAuthority(UsageError):
    """No domain of the manager issues such IDs."""


class UnknownPatientId(UsageError):
    """The authority is known, and has no such ID."""


@dataclass(frozen=True)
class Entry:
    """One line of the journal.

    Attributes
    ----------
    act
        ``"link"``, ``"unlink"`` or ``"doubt"`` (left apart, since nobody can say).
    ids
        The IDs that it is about.
    why
        On whose word, or by which rule.
    """

    act: str
    ids: tuple[PatientId, ...]
    why: str


class CrossReference:
    """The links between the patient IDs of several authorities; safe from several threads.

    Parameters
    ----------
    domains
        The authorities whose IDs it keeps. IDs of others are refused.
    server
        Base URL of the FHIR server that the references of its Patients are relative to, or ``""``.

    Examples
    --------
    >>> from labkit.exchange.parties import LAKESIDE, NORTH
    >>> pix = CrossReference([Domain.of(NORTH), Domain.of(LAKESIDE)])
    >>> pix.link(NORTH.patient("NG-100457"), LAKESIDE.patient("LK-20871"), why="her passport")
    >>> [str(found) for found in pix.corresponding(NORTH.patient("NG-100457"))]
    ['LK-20871^^^&2.25.2026102.2&ISO']
    """

    def __init__(self, domains: Iterable[Domain], *, server: str = "") -> None:
        self.domains = tuple(domains)
        self.server = server.rstrip("/")
        spellings = [s for d in self.domains for s in (d.authority, *d.systems)]
        twice = sorted({s for s in spellings if spellings.count(s) > 1})
        if twice:
            raise UsageError(
                f"{twice[0]} stands for two authorities.",
                remedy="Give each authority an OID and URIs that no other one has.",
            )
        self._lock = threading.RLock()
        self._person: dict[PatientId, int] = {}
        self._next = 0
        self._references: dict[PatientId, str] = {}
        self._apart: set[frozenset[PatientId]] = set()
        self._journal: list[Entry] = []

    @classmethod
    def from_table(
        cls, domains: Iterable[Domain], people: Iterable[Iterable[PatientId]], *, why: str = "table"
    ) -> CrossReference:
        """Build it of a table: each row holds all the IDs of one person."""
        made = cls(domains)
        for row in people:
            ids = tuple(row)
            made.register(*ids[:1])
            if ids[1:]:
                made.link(*ids, why=why)
        return made

    def domain(self, system: str) -> Domain:
        """Return the domain that a URI, or an OID, names.

        Raises
        ------
        UnknownAuthority
            There is none.
        """
        for domain in self.domains:
            if domain.knows(system):
                return domain
        names = ", ".join(d.uri for d in self.domains)
        raise UnknownAuthority(
            f"{system!r} issues no patient IDs that are known here.",
            remedy=f"Known are {names}.",
        )

    def patient_id(self, system: str, value: str) -> PatientId:
        """Make the ID of a FHIR identifier, whichever of the authority's URIs it has."""
        return PatientId(value, self.domain(system).authority)

    def register(self, *ids: PatientId, reference: str = "") -> None:
        """Take IDs in, each as a person of its own if it was not known.

        Parameters
        ----------
        reference
            The Patient that has the ID, relative to `server`: ``"Patient/12"``.
        """
        with self._lock:
            for pid in ids:
                self.domain(pid.authority)
                if pid not in self._person:
                    self._person[pid] = self._next
                    self._next += 1
                if reference:
                    self._references[pid] = reference

    def link(self, *ids: PatientId, why: str, duplicates: bool = False) -> None:
        """Say that IDs are of one person; those not known yet are taken in.

        Parameters
        ----------
        why
            On whose word. It goes into the journal.
        duplicates
            Whether one authority may then have two IDs for the person: it has registered her
            twice. Otherwise this is taken for a mistake.

        Raises
        ------
        UsageError
            There are fewer than two IDs, or no reason; one authority would have two for the
            person; or two of them were told apart before. Nothing is linked then.
        """
        if len(set(ids)) < 2 or not why.strip():
            raise UsageError(
                "A link needs two IDs and a reason.",
                remedy="Say which IDs are of one person, and who says so: link(a, b, why=…).",
            )
        with self._lock:
            for pid in ids:
                self.domain(pid.authority)
            joined = {other for pid in ids for other in self._group(pid)}
            self._may_join(joined, duplicates)
            self.register(*ids)
            number = self._person[ids[0]]
            for pid in joined:
                self._person[pid] = number
            self._journal.append(Entry("link", ids, why))

    def _may_join(self, joined: set[PatientId], duplicates: bool) -> None:
        for pair in self._apart:
            if pair <= joined:
                one, other = sorted(pair, key=str)
                raise UsageError(
                    f"{one} and {other} were told apart before.",
                    remedy="Read the journal; together(…) takes it back where it was wrong.",
                )
        for domain in self.domains:
            own = sorted(
                (p for p in joined if p.authority == domain.authority), key=lambda p: p.value
            )
            # Two that are one person already are no news.
            if len({self._person.get(p, p.value) for p in own}) > 1 and not duplicates:
                numbers = ", ".join(p.value for p in own)
                raise UsageError(
                    f"{domain.name} would have two IDs for one person: {numbers}.",
                    remedy="Check who they are; if she is registered twice there, have her merged "
                    "(ADT A40), or say duplicates=True.",
                )

    def unlink(self, pid: PatientId, *, why: str) -> None:
        """Take an ID out of its person; the others stay together, and no rule rejoins them.

        Raises
        ------
        UnknownAuthority, UnknownPatientId
            It is not known.
        UsageError
            There is no reason, or nothing that it is linked to.
        """
        with self._lock:
            others = [other for other in self._known(pid) if other != pid]
            if not others or not why.strip():
                raise UsageError(
                    f"{pid} is linked to nothing." if why.strip() else "There is no reason.",
                    remedy="Look at corresponding(…), and say why=…",
                )
            self._person[pid] = self._next
            self._next += 1
            self._apart |= {frozenset((pid, other)) for other in others}
            self._journal.append(Entry("unlink", (pid, *others), why))

    def together(self, one: PatientId, other: PatientId) -> None:
        """Take back that two IDs were told apart; `link` may then join them again."""
        with self._lock:
            self._apart.discard(frozenset((one, other)))

    def doubt(self, *ids: PatientId, why: str) -> None:
        """Put into the journal that IDs stay apart because nobody can say."""
        with self._lock:
            self._journal.append(Entry("doubt", ids, why))

    def corresponding(
        self, pid: PatientId, authorities: Iterable[str] | None = None
    ) -> list[PatientId]:
        """Return the other IDs of the person, sorted; of `authorities` alone where given.

        Parameters
        ----------
        authorities
            OIDs or other URIs of domains; ``None`` for all.

        Raises
        ------
        UnknownAuthority
            No domain has the ID's authority, or one of `authorities`.
        UnknownPatientId
            The authority has no such ID.
        """
        wanted = None
        if authorities is not None:
            wanted = {self.domain(system).authority for system in authorities}
        with self._lock:
            found = [other for other in self._known(pid) if other != pid]
        kept = [p for p in found if wanted is None or p.authority in wanted]
        return sorted(kept, key=lambda p: (p.authority, p.value))

    def reference(self, pid: PatientId) -> str:
        """Return the URL of the Patient that has the ID, or ``""``."""
        with self._lock:
            reference = self._references.get(pid, "")
        return f"{self.server}/{reference}".lstrip("/") if reference else ""

    def known(self, pid: PatientId) -> bool:
        """Whether the ID was taken in."""
        with self._lock:
            return pid in self._person

    def people(self) -> list[list[PatientId]]:
        """Return the IDs of each person, sorted."""
        with self._lock:
            groups: dict[int, list[PatientId]] = {}
            for pid, number in self._person.items():
                groups.setdefault(number, []).append(pid)
        return sorted((sorted(group, key=str) for group in groups.values()), key=str)

    def collisions(self) -> dict[str, list[PatientId]]:
        """Return the numbers that several authorities have given to different people."""
        with self._lock:
            same: dict[str, list[PatientId]] = {}
            for pid in self._person:
                same.setdefault(pid.value, []).append(pid)
            return {
                value: sorted(ids, key=str)
                for value, ids in sorted(same.items())
                if len({self._person[pid] for pid in ids}) > 1
            }

    @property
    def journal(self) -> tuple[Entry, ...]:
        """What was linked, unlinked and left in doubt, in order."""
        with self._lock:
            return tuple(self._journal)

    def _known(self, pid: PatientId) -> list[PatientId]:
        self.domain(pid.authority)
        if pid not in self._person:
            raise UnknownPatientId(
                f"{self.domain(pid.authority).name} has no patient {pid.value!r}.",
                remedy="Check the ID, and that it is this authority that issued it.",
            )
        return self._group(pid)

    def _group(self, pid: PatientId) -> list[PatientId]:
        number = self._person.get(pid)
        if number is None:
            return [pid]
        return [other for other, its in self._person.items() if its == number]
