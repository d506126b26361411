"""Who is stuck, quiet or silent: rules that the page states in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from labkit.workshop.board.progress import Cell, Learner


@dataclass(frozen=True)
class Rules:
    """When the board says so.

    Attributes
    ----------
    failed
        Failed checks at one exercise.
    minutes
        Minutes since the first failed check at one exercise.
    silent_minutes
        Minutes without a message of the laptop.
    quiet_minutes
        Minutes with messages, in which nothing was checked or asked.
    """

    failed: int = 3
    minutes: float = 8.0
    silent_minutes: float = 3.0
    quiet_minutes: float = 15.0

    def in_words(self) -> dict[str, str]:
        """Say each rule in a sentence."""
        return {
            "stuck": f"Stuck: {self.failed} failed checks, or {self.minutes:g} minutes since the "
            "first failed check, at the exercise that the learner worked at last, which is not "
            "solved and whose solution was not opened.",
            "quiet": f"Quiet: the notebook runs, but for {self.quiet_minutes:g} minutes nothing "
            "was checked or asked.",
            "silent": f"Silent: no message of the laptop for {self.silent_minutes:g} minutes. The "
            "notebook was closed, the laptop sleeps, or the network is gone; what is done "
            "meanwhile comes later.",
        }

    def why_stuck(self, cell: Cell, now: datetime) -> str:
        """Return why somebody at this exercise counts as stuck; ``""`` if they do not."""
        if cell.solved or cell.solution or not cell.failed or cell.first is None:
            return ""
        if cell.failed >= self.failed:
            return f"{cell.failed} failed checks"
        if now - cell.first >= timedelta(minutes=self.minutes):
            return f"{self.minutes:g} minutes since the first failed check"
        return ""

    def stuck_at(self, learner: Learner, now: datetime) -> str:
        """Return why a learner is stuck where they are now; ``""`` if they are not."""
        cell = learner.cells.get(learner.at)
        return self.why_stuck(cell, now) if cell and not learner.left else ""

    def state_of(self, learner: Learner, now: datetime, all_solved: bool) -> str:
        """Return the state: the first that holds, in the order of this function."""
        if learner.left:
            return "left"
        if all_solved:
            return "finished"
        if now - learner.seen >= timedelta(minutes=self.silent_minutes):
            return "silent"
        if self.stuck_at(learner, now):
            return "stuck"
        since = learner.acted or learner.joined
        if now - since >= timedelta(minutes=self.quiet_minutes):
            return "quiet"
        return "working" if learner.acted else "new"
