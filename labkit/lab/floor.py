"""The daily work of the enterprise, and its configuration: what people do, and what they set."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from labkit.common.errors import UsageError
from labkit.common.serving import HOST
from labkit.dimse import Peer
from labkit.lab.secure.guarding import Guarding
from labkit.lab.settings import MODALITIES, Settings
from labkit.lab.state import State
from labkit.pacs import EventLog

if TYPE_CHECKING:
    from pydicom import Dataset

    from labkit.dimse.association import Tls
    from labkit.lab.cast import Cast
    from labkit.lab.performed import Performed
    from labkit.lab.workspace import Workspace


_REMEMBERED = 2000
"""Objects made by modalities whose UIDs are kept, so that they can be taken away again."""


class Floor:
    """Modalities, the workstation, and the settings of everything.

    Parameters
    ----------
    workspace
        Where settings and logs are kept.
    cast
        The nodes.
    guarding
        Says how modalities and the workstation prove who they are.
    """

    def __init__(self, workspace: Workspace, cast: Cast, guarding: Guarding | None = None) -> None:
        self._workspace = workspace
        self._cast = cast
        self._guarding = guarding or Guarding()
        self._settings = Settings(workspace.settings)
        self.state = State(workspace.state)
        self.logs = {name: EventLog(workspace.log(name)) for name in MODALITIES}
        self.others: dict[str, Callable[[Mapping[str, Any]], None]] = {}
        """What else has settings, by name, and is told of them."""
        self._counting = threading.Lock()
        self._changed = threading.RLock()

    @property
    def hung(self) -> frozenset[str]:
        """Nodes whose service hangs; a restart of it helps."""
        return frozenset(self.state.get("hung", ()))

    @property
    def down(self) -> frozenset[str]:
        """Nodes that somebody has stopped and that a restart of the lab does not start."""
        return frozenset(self.state.get("down", ()))

    @property
    def unlisted(self) -> frozenset[str]:
        """Nodes that have been taken out of the table of C-MOVE destinations."""
        return frozenset(self.state.get("unlisted", ()))

    def unlist(self, name: str, is_unlisted: bool = True) -> None:
        """Take a node out of the table of C-MOVE destinations, or put it back."""
        with self._changed:
            if (name in self.unlisted) != is_unlisted:
                self.state.put(unlisted=sorted(self.unlisted ^ {name}))
            if is_unlisted:
                self._cast.destinations.remove(name)
            else:
                at = self.peers()[name]
                self._cast.destinations.add(name, at.host, at.port)

    def set_up(self) -> None:
        """Have every node be what its settings say; before the nodes start."""
        for name in (*self._cast, *self.others):
            self._apply(name)

    def settings(self, name: str) -> dict[str, Any]:
        """Return every setting of a node or modality."""
        return self._settings.of(name)

    def configure(self, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Change settings; a node that runs is started again with them.

        Raises
        ------
        UsageError
            There is no such node or setting, or it cannot be this.
        """
        with self._changed:
            before = self.settings(name)
            self._guarding.check_settings(name, values)
            self._settings.change(name, values)
            if (name in self._cast or name in self.others) and self.settings(name) != before:
                self._apply(name)
            return self.settings(name)

    def changed(self) -> dict[str, dict[str, Any]]:
        """Return the settings that differ from those of a new lab, by node or modality."""
        return self._settings.changed()

    def restore(self, changed: Mapping[str, Mapping[str, Any]]) -> None:
        """Have the settings that `changed` gave."""
        for name in {*self._settings.changed(), *changed}:
            self.configure(name, self._settings.with_defaults(name, changed.get(name, {})))

    def hang(self, name: str, hangs: bool = True) -> None:
        """Have a node's service hang, or hang no more."""
        with self._changed:
            if (name in self.hung) == hangs:
                return
            self.state.put(hung=sorted(self.hung ^ {name}))
            self._apply(name)

    def keep_down(self, name: str, is_down: bool = True) -> None:
        """Remember that a node is to stay down, or not."""
        with self._changed:
            if (name in self.down) != is_down:
                self.state.put(down=sorted(self.down ^ {name}))

    def forget(self) -> None:
        """Have everything as in a new lab."""
        with self._changed:
            self._settings.forget()
            self.state.forget()
            self.set_up()
            for log in self.logs.values():
                log.clear()

    def examine(
        self, name: str, patient: Dataset | None = None, *, discontinued: str = ""
    ) -> Performed:
        """Have a modality do one examination; with `patient`, under that person's name and ID."""
        from labkit.lab.modality import Modality
        from labkit.lab.reporting import check_reason

        if name not in MODALITIES:
            raise UsageError(
                f"There is no modality {name!r}.", remedy=f"There is {', '.join(MODALITIES)}."
            )
        check_reason(discontinued)
        with self._counting:
            counts = self.state.get("examinations", {})
            number = int(counts.get(name, 0)) + 1
            self.state.put(examinations={**counts, name: number})
        settings = self.settings(name)
        tls = self._guarding.client_tls(name) or (self.client_tls() if settings["tls"] else None)
        modality = Modality(
            name, settings, self._guarding.known(name, self.peers()), self.logs[name], tls,
            self._listed,
            self._guarding.server_tls(name),
        )  # fmt: skip
        done = modality.examine(number, patient, discontinued=discontinued)
        made = self.state.get("made", [])
        self.state.put(made=[*made, *done.sop_instance_uids][-_REMEMBERED:])
        return self._noted(done)

    def open_study(self, keys: Mapping[str, str]) -> Performed:
        """Have the workstation find a study at ARCHIVE and retrieve it."""
        from labkit.lab.viewer import Viewer

        return self._noted(Viewer(self.archive(), self.settings("WORKSTN")).open(**keys))

    def did(self, steps: Sequence[Any]) -> bool:
        """Whether a piece of work with these steps was done here."""
        return _digest(steps) in self.state.get("work", [])

    def _noted(self, done: Performed) -> Performed:
        work = self.state.get("work", [])
        self.state.put(work=[*work, _digest(done.to_json()["steps"])][-_REMEMBERED:])
        return done

    def withdraw(self, name: str, sop_instance_uids: Iterable[str]) -> int:
        """Delete objects of an archive, as its administrator may; how many there were."""
        archive = self._archive(name)
        return sum(archive.remove(uid) for uid in sop_instance_uids)

    def withdraw_study(self, name: str, study_instance_uid: str) -> list[str]:
        """Delete a whole study of an archive; the SOP Instance UIDs that went."""
        archive = self._archive(name)
        held = [
            stored.entry.sop_instance_uid
            for stored in archive.stored()
            if stored.entry.study_instance_uid == study_instance_uid
        ]
        return [uid for uid in held if archive.remove(uid)]

    def peers(self) -> dict[str, Peer]:
        """Return where the nodes are, under the AE titles that everybody has for them."""
        return {name: Peer(name, HOST, at.port) for name, at in self._cast.addresses().items()}

    def archive(self) -> Peer:
        """Return ARCHIVE as those call it who have been told of every change."""
        known = self.peers()["ARCHIVE"]
        tls = self._guarding.client_tls("WORKSTN")
        tls = tls or (self.client_tls() if self.settings("ARCHIVE")["tls"] else None)
        return Peer(known.ae_title, known.host, known.port, tls=tls)

    def client_tls(self) -> Tls:
        """Return what to speak TLS with: trust in the lab's own authority."""
        from labkit.dimse.tls import Authority, client_context

        return client_context(Authority(self._workspace.certificates).certificate)

    @contextmanager
    def _listed(self, own: Peer) -> Iterator[None]:
        """Have the archives know an address while the block runs, unless they have one already."""
        destinations = self._cast.destinations
        if own.ae_title in destinations:
            yield
            return
        destinations.add(own.ae_title, own.host, own.port)
        try:
            yield
        finally:
            destinations.remove(own.ae_title)

    def _archive(self, name: str) -> Any:
        if name not in self._cast.archives:
            raise UsageError(
                f"{name} holds no images.",
                remedy=f"{', '.join(self._cast.archives)} do.",
            )
        return self._cast.archives[name]

    def _apply(self, name: str) -> None:
        if name in self.others:
            self.others[name](self.settings(name))
            return
        self._cast.configure(name, self.settings(name), hung=name in self.hung)
        if name == "WORKLIST":
            self._cast.worklist.list_under(self.settings(name)["stations"])


def _digest(steps: Sequence[Any]) -> str:
    return hashlib.sha256(json.dumps([list(step) for step in steps]).encode()).hexdigest()[:16]
