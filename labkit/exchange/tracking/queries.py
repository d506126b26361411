"""What is asked of the ledger: where a study is, what happened to it, a patient's documents."""

from __future__ import annotations

from labkit.exchange.tracking.ledger import Ledger, State
from labkit.exchange.tracking.model import STUDY, Document, Event, Place, Whereabouts


class Queries:
    """Questions to a ledger.

    Parameters
    ----------
    archives
        Names of the sources that are archives.
    """

    def __init__(self, ledger: Ledger, archives: tuple[str, ...]) -> None:
        self._ledger, self._archives = ledger, archives

    def where_is(self, uid: str) -> Whereabouts:
        """Put together what all sources say of a study."""
        silent = tuple(filter(None, self._ledger.mark("silent").split("\n")))
        copies = self._ledger.states("type = ? AND id = ? AND present = 1", STUDY, uid)
        places = tuple(_place(each, silent) for each in copies)
        sql = "type = 'ImagingStudy' AND study = ? AND present = 1"
        studies = self._ledger.states(sql, uid)
        documents = self._documents_of(uid)
        # After a merge the one record stands for both.
        owners = {self._survivor(s[0], s[4]["patient"]) for s in studies if s[4]["patient"]}
        patient = next(iter(owners)) if len(owners) == 1 else ""
        said = _disagreements(places, studies, documents, len(owners))
        described = tuple((s[0], f"ImagingStudy/{s[2]}", str(s[4]["status"])) for s in studies)
        return Whereabouts(uid, places, described, documents, patient, said, silent)

    def history(self, uid: str) -> list[Event]:
        """Return the events of a study, and of the records of whom it is or was."""
        own = self._ledger.events("study = ?", uid)
        several = [s for s in self._ledger.states("type = 'DocumentReference'")
                   if uid in s[4]["studies"]]  # fmt: skip
        found = {event.seq: event for event in own}
        for state in several:
            for event in self._ledger.events("source = ? AND type = ? AND id = ?", *state[:3]):
                found[event.seq] = event
        people = {(e.source, e.patient) for e in own if e.type == "ImagingStudy" and e.patient}
        for source, patient in people:
            for name in self._same(source, patient):
                sql = "source = ? AND type = 'Patient' AND patient = ?"
                found |= {event.seq: event for event in self._ledger.events(sql, source, name)}
        return [found[seq] for seq in sorted(found)]

    def documents(self, patient: str) -> tuple[Document, ...]:
        """Return the documents of all records of a patient."""
        found: dict[tuple[str, str], State] = {}
        for source, name in self._records(patient):
            sql = "source = ? AND type = 'DocumentReference' AND patient = ?"
            for state in self._ledger.states(sql, source, name):
                found[state[0], state[2]] = state
        return self._made(list(found.values()))

    def _documents_of(self, uid: str) -> tuple[Document, ...]:
        states = self._ledger.states("type = 'DocumentReference'")
        return self._made([s for s in states if uid in s[4]["studies"]])

    def _made(self, states: list[State]) -> tuple[Document, ...]:
        everything = self._ledger.states("type = 'DocumentReference' AND present = 1")
        replaced: dict[tuple[str, str], list[str]] = {}
        for source, _, id_, _, facts, _ in everything:
            if facts["status"] == "entered-in-error":
                continue  # what was withdrawn replaces nothing
            for target in facts["replaces"]:
                replaced.setdefault((source, target.rpartition("/")[2]), []).append(id_)
        return tuple(
            Document(
                s[0], s[2], s[4]["status"] if s[5] else "deleted", s[4]["title"], s[4]["format"],
                s[4]["content_type"], s[4]["url"], s[4]["patient"], tuple(s[4]["studies"]),
                tuple(sorted(replaced.get((s[0], s[2]), ()))),
            )
            for s in sorted(states, key=lambda s: (s[0], s[2]))
        )  # fmt: skip

    def _records(self, patient: str) -> list[tuple[str, str]]:
        """Return (source, reference) of each record of a patient, merged ones too."""
        if "|" in patient:
            people = self._ledger.states("type = 'Patient' AND present = 1")
            named = [(s[0], f"Patient/{s[2]}") for s in people if patient in s[4]["identifiers"]]
            named += [(s[0], patient) for s in self._ledger.states("patient = ?", patient)]
        else:
            named = [(s[0], patient) for s in self._ledger.states("patient = ?", patient)]
        return sorted({(source, each) for source, n in named for each in self._same(source, n)})

    def _same(self, source: str, patient: str) -> list[str]:
        """Return the records of one person: what replaces it, and what it replaced."""
        found, waiting = [patient], [patient]
        people = self._ledger.states("source = ? AND type = 'Patient' AND present = 1", source)
        into = {f"Patient/{s[2]}": s[4]["replaced_by"] for s in people}
        while waiting:
            one = waiting.pop()
            near = [*into.get(one, ()), *(gone for gone, to in into.items() if one in to)]
            for other in near:
                if other not in found:
                    found.append(other)
                    waiting.append(other)
        return found

    def _survivor(self, source: str, patient: str) -> str:
        seen = {patient}
        while True:
            state = self._ledger.state(source, "Patient", patient.removeprefix("Patient/"))
            to = state[4]["replaced_by"] if state and state[5] else []
            if not to or to[0] in seen:
                return patient
            patient = to[0]
            seen.add(patient)


def _place(state: State, silent: tuple[str, ...]) -> Place:
    facts = state[4]
    return Place(
        state[0], facts["patient"], facts["accession"], facts["instances"],
        tuple(facts["modalities"]), tuple(facts["notes"]), state[0] not in silent,
    )  # fmt: skip


def _disagreements(
    places: tuple[Place, ...], studies: list[State], documents: tuple[Document, ...], owners: int
) -> tuple[str, ...]:
    found: list[str] = []
    ids = sorted({place.patient.partition("^")[0] for place in places})
    if len(ids) > 1:
        found.append("the copies are of different patients: " + ", ".join(
            f"{place.patient} at {place.source}" for place in places))  # fmt: skip
    noted = {note for place in places for note in place.notes}
    behind = [p.source for p in places if noted - set(p.notes)]
    if noted and behind:
        found.append(f"a rejection has not reached {', '.join(behind)}")
    counts = {place.instances for place in places if place.instances is not None}
    if len(counts) > 1 and not noted:
        found.append("the copies do not have the same number of objects")
    if owners > 1:
        found.append("ImagingStudy resources name different patients")
    told = [s for s in studies if s[4]["status"] == "available"]
    if told and not places:
        found.append("an ImagingStudy says available, and no archive that is known has a copy")
    if places and studies and not told:
        found.append("there are copies, and no ImagingStudy says available")
    if places == () and any(document.current for document in documents):
        found.append("a current document describes images that no archive that is known has")
    return tuple(found)
