"""The faults of a running lab: what is active, and what it was like before."""

from __future__ import annotations

import threading
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from labkit.common.errors import UsageError
from labkit.lab.faults.case import LEVELS, choose, complaint, score, supports
from labkit.lab.faults.catalogue import FAULTS, acts, fault
from labkit.lab.faults.evidence import text_of
from labkit.lab.faults.shelf import Shelf
from labkit.lab.faults.witness import Witness
from labkit.lab.faults.world import World
from labkit.lab.settings import MODALITIES

if TYPE_CHECKING:
    from labkit.lab.enterprise import Enterprise


class FaultBoard:
    """Injects and clears.

    What is active, and what there was before, is in the lab's state, so that it survives a restart.

    Parameters
    ----------
    enterprise
        The lab.
    """

    def __init__(self, enterprise: Enterprise) -> None:
        self._enterprise = enterprise
        self._floor, self._cast = enterprise.floor, enterprise.cast
        self.world = World(self._floor, self._cast)
        self._shelf = Shelf(enterprise.workspace.aside, self._cast.archives)
        self._lock = threading.RLock()

    @property
    def names(self) -> list[str]:
        """What is active, announced or not."""
        found: list[str] = self._floor.state.get("faults", [])
        return found

    @property
    def steps(self) -> list[str]:
        """What the learner has changed since something broke, in order."""
        found: list[str] = self._floor.state.get("steps", [])
        return found

    @property
    def case(self) -> dict[str, Any] | None:
        """The unannounced case that is open, if there is one."""
        found: dict[str, Any] | None = self._floor.state.get("case", None)
        return found

    def public(self) -> dict[str, Any]:
        """Return what may be known: the names of announced faults, the number of others."""
        hidden = self.case is not None
        return {
            "active": [] if hidden else self.names,
            "unannounced": len(self.names) if hidden else 0,
            "beyond": self.beyond,
        }

    @property
    def beyond(self) -> list[str]:
        """The faults that the servers of this lab cannot have."""
        supply = self._enterprise.supply
        kinds = supply.kinds if supply is not None else {}
        return [name for name, each in FAULTS.items() if not acts(each, kinds)]

    def inject(self, name: str) -> dict[str, Any]:
        """Break something.

        Raises
        ------
        UsageError
            There is no such fault, the servers of this lab cannot have it, or an unannounced case
            is open.
        """
        wanted = fault(name)
        if wanted.name in self.beyond:
            raise UsageError(
                f"{wanted.name} does not act here: no product in a container can be set so.",
                remedy="Inject it on the embedded lab: `labkit up`, without --backend.",
            )
        with self._lock:
            if self.case is not None:
                raise UsageError(
                    "An unannounced case is open.",
                    remedy="Finish it: lab.faults.debrief(). Or end it: lab.faults.clear().",
                )
            if wanted.name not in self.names:
                self._break(wanted.name)
            return self.public()

    def surprise(self, seed: int, level: int) -> dict[str, Any]:
        """Break something and do not say what.

        Raises
        ------
        UsageError
            There is no such level, or something is active already.
        """
        if level not in LEVELS:
            raise UsageError(f"There is no level {level}.", remedy="Take 1, 2 or 3.")
        with self._lock:
            if self.names:
                raise UsageError(
                    "A fault is active already.", remedy="End it first: lab.faults.clear()."
                )
            names = choose(seed, level, self.beyond)
            case = {"seed": seed, "level": level, "opened": _now().isoformat(), "diagnoses": []}
            self._floor.state.put(case=case)
            for name in names:
                self._break(name)
            return {"complaint": complaint(names)}

    def diagnose(self, name: str, evidence: list[dict[str, Any]]) -> dict[str, Any]:
        """Note a diagnosis, and say how its evidence stands; not whether it is right.

        Raises
        ------
        UsageError
            There is no such fault, or no case is open.
        """
        named = fault(name)
        with self._lock:
            case = self._open_case()
            witness = Witness(self._enterprise, case["opened"])
            real = [piece for piece in evidence if witness.knows(piece)]
            shown = [piece for piece in real if supports(named, piece)]
            unknown = [text_of(piece)[:60] for piece in evidence if piece not in real]
            noted = {
                "name": named.name,
                "pieces": len(evidence),
                "real": len(real),
                "supporting": len(shown),
                "kinds": sorted({piece["kind"] for piece in shown}),
                "unknown": unknown[:5],
            }
            self._floor.state.put(case={**case, "diagnoses": [*case["diagnoses"], noted]})
            return noted

    def debrief(self, give_up: bool) -> dict[str, Any]:
        """End a case: what it was, and what the work on it was worth.

        Raises
        ------
        UsageError
            No case is open; or it is not repaired, and the learner has not given up.
        """
        with self._lock:
            case = self._open_case()
            minutes = (_now() - datetime.fromisoformat(case["opened"])).total_seconds() / 60
            trials = self.repaired()
            if not give_up and not all(trial["ok"] for trial in trials):
                said = next(trial["said"] for trial in trials if not trial["ok"])
                raise UsageError(
                    f"It is not repaired yet: {said}",
                    remedy="Go on, or end it unsolved with lab.faults.debrief(give_up=True).",
                )
            result = score(self.names, {**case, "steps": self.steps}, trials, round(minutes, 1))
            self.clear()
            return result

    def _open_case(self) -> dict[str, Any]:
        case = self.case
        if case is None:
            raise UsageError(
                "No unannounced case is open.", remedy="Open one: lab.faults.surprise(seed=1)."
            )
        return case

    def clear(self) -> dict[str, Any]:
        """Take every fault away, and what was done about it: all is as it was before."""
        with self._lock, self._enterprise.changing:
            state = self._floor.state
            before = state.get("before", None)
            if before is not None:
                self.world.close()
                self._put_back(before)
            state.put(faults=[], case=None, before=None, wrong=[], made=[], steps=[])
            return self.public()

    def repaired(self) -> list[dict[str, Any]]:
        """Do the work of each active fault again; whether it comes to what it should."""
        with self._lock:
            hidden = self.case is not None
            trials = []
            for number, name in enumerate(self.names, 1):
                trial = FAULTS[name].again(self.world)
                shown = f"fault {number}" if hidden else name
                trials.append({"name": shown, "ok": trial.ok, "said": trial.said})
            return trials

    def resume(self) -> None:
        """After a restart, have active what was active."""
        with self._lock:
            for name in self._floor.down:
                self._cast[name].stop()
            for name in self.names:
                lasting = FAULTS[name].lasting
                if lasting is not None:
                    lasting(self.world)

    def forget(self) -> None:
        """Let go of everything, for a reset puts the rest back."""
        self.world.close()
        self._shelf.clear()

    def close(self) -> None:
        """Let go of what is held."""
        self.world.close()

    def settle(self) -> None:
        """Have those who hold associations come first, after a node has started again."""
        for holder in self.world.holders:
            holder.retake()

    def note_step(self, what: str) -> None:
        """Remember that the learner has changed something, while a fault is active."""
        if self.names:
            self._floor.state.put(steps=[*self.steps, what])

    def _break(self, name: str) -> None:
        wanted = FAULTS[name]
        with self._enterprise.changing:
            state = self._floor.state
            if state.get("before", None) is None:
                # Yesterday's examinations would hide what is wrong with today's.
                self._shelf.put_aside(self._ordered())
                state.put(before=self._picture(), made=[], wrong=[], steps=[])
            state.put(faults=[*self.names, name])  # first, so that a crash leaves it clearable
            for node, values in wanted.settings.items():
                self._floor.configure(node, values)
            if wanted.act is not None:
                wanted.act(self.world)
            if wanted.lasting is not None:
                wanted.lasting(self.world)

    def _picture(self) -> dict[str, Any]:
        """Return what there is now, as far as a fault or a repair may change it."""
        running = self._cast.running()
        return {
            "settings": self._floor.changed(),
            "destinations": self._enterprise.destinations(),
            "hung": sorted(self._floor.hung),
            "down": sorted(name for name in running if not running[name]),
            "unlisted": sorted(self._floor.unlisted),
            "held": {name: self._held(name) for name in self._cast.archives},
        }

    def _ordered(self) -> set[str]:
        """Return the Study Instance UIDs of what the modalities have to do."""
        return {str(self.world.order_of(name).StudyInstanceUID) for name in MODALITIES}

    def _held(self, name: str) -> list[str]:
        return self._cast.archives[name].index.uids()

    def _put_back(self, before: dict[str, Any]) -> None:
        floor, cast = self._floor, self._cast
        floor.restore(before["settings"])
        for name in cast:
            floor.hang(name, name in before["hung"])
            floor.keep_down(name, False)
            if name in before["down"]:
                cast[name].stop()
            else:
                cast.start(name)
        for name in floor.unlisted ^ set(before["unlisted"]):
            floor.unlist(name, name in before["unlisted"])
        cast.restore_destinations(before["destinations"])
        self._take_away(before["held"])
        self._shelf.bring_back()

    def _take_away(self, before: dict[str, list[str]]) -> None:
        """Delete what modalities made since, and what came into the same studies."""
        made = set(self._floor.state.get("made", []))
        cast = self._cast
        for item in cast.router.waiting():
            if item.sop_instance in made:
                cast.router.spool.done(item)
        ordered = self._ordered()
        for name, archive in cast.archives.items():
            held = set(before[name])
            entries = [stored.entry for stored in archive.stored()]
            new = [entry for entry in entries if entry.sop_instance_uid not in held]
            studies = ordered | {
                entry.study_instance_uid for entry in new if entry.sop_instance_uid in made
            }
            for entry in new:
                if entry.study_instance_uid in studies:
                    archive.remove(entry.sop_instance_uid)


def _now() -> datetime:
    return datetime.now(timezone.utc)
