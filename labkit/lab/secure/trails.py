"""The audit of a secure lab: one trail at a time; a reset sets it aside and begins the next."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.access.audit import AuditTrail, audit_key
from labkit.common.errors import LabError

if TYPE_CHECKING:
    from labkit.access.audit.chain import Record
    from labkit.lab.control import Asked
    from labkit.lab.secure.guarding import Act

CURRENT, ASIDE, KEY = "current", "aside-", "audit.key"


class Trails:
    """Has what `AuditTrail` has for those who record; they go on while a reset changes the trail.

    Parameters
    ----------
    folder
        Holds the current trail, and those set aside.
    keys
        Where the key is that seals records; not in `folder`.
    clock
        Gives the time of day, with its zone.
    """

    def __init__(self, folder: Path, keys: Path, clock: Callable[[], datetime]) -> None:
        self._folder, self._key_file, self._clock = folder, keys / KEY, clock
        self._changing = threading.RLock()
        self._trail: AuditTrail | None = None

    @property
    def trail(self) -> AuditTrail:
        """The trail of now; opened when first asked for."""
        with self._changing:
            if self._trail is None:
                folder = self._folder / CURRENT
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._key_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                key = audit_key(self._key_file)
                self._trail = AuditTrail(folder, clock=self._clock, key=key, source="labkit")
            return self._trail

    def append(self, entry: Mapping[str, Any]) -> Record:
        """Write a record; on return it is on the disk."""
        with self._changing:
            return self.trail.append(entry)

    def note(self, event: str, reason: str, **more: Any) -> Record:
        """Record what is no decision."""
        with self._changing:
            return self.trail.note(event, reason, **more)

    def mark(self, value: str) -> str:
        """Return what stands for a value that is not written down."""
        return self.trail.mark(value)

    def begin_anew(self) -> None:
        """Set the trail aside, whole, and begin another whose first record says which came before.

        Raises
        ------
        LabError
            It cannot be set aside; then it goes on as it was.
        """
        with self._changing:
            if not (self._folder / CURRENT).exists():
                return
            count, (_, head) = self.trail.count, self.trail.verify().head
            if not count:
                return
            self.close()
            number = 1 + sum(1 for _ in self._folder.glob(f"{ASIDE}*"))
            aside = self._folder / f"{ASIDE}{number:04}"
            try:
                (self._folder / CURRENT).rename(aside)
            except OSError as error:
                raise LabError(
                    f"The audit trail cannot be set aside ({error.strerror}).",
                    remedy="Free the folder secure/audit of the lab, then reset again.",
                ) from error
            said = f"begun after a reset; {aside.name} has {count} records and ends with {head}"
            self.note("AuditLogUsed", said, door="LAB")

    def close(self) -> None:
        """Give the folder back."""
        with self._changing:
            trail, self._trail = self._trail, None
            if trail is not None:
                trail.close()

    def acts(self) -> Mapping[tuple[str, str], Act]:
        """Return its acts of the control interface: each look into the trail is on record too."""

        def records(asked: Asked) -> Any:
            since = asked.number("since")
            found = list(self.trail.records(since))
            self._looked(f"records after {since}")
            return found

        def follow(asked: Asked) -> Any:
            found = self.trail.follow(asked.name)
            self._looked("one study", asked.name)
            return found

        def verify(asked: Asked) -> Any:
            found = asdict(self.trail.verify())
            self._looked("the whole trail, to verify it")
            return {**found, "aside": sorted(p.name for p in self._folder.glob(f"{ASIDE}*"))}

        return {
            ("GET", "/audit"): records,
            ("GET", "/audit/last"): lambda asked: {"seq": self.trail.count},
            ("GET", "/audit/verify"): verify,
            ("GET", "/audit/studies/{name}"): follow,
        }

    def _looked(self, at: str, study: str = "") -> None:
        more = {"StudyInstanceUID": study} if study else {}
        self.note("AuditLogUsed", f"{at} read by the lab's control interface", door="LAB", **more)
