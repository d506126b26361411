"""The verbs of a lab that never act on a user's own servers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from labkit.common.errors import UsageError
from labkit.lab.nodes import NodeName

if TYPE_CHECKING:
    from pydicom import Dataset

    from labkit.dimse import AssociationTrace, Peer
    from labkit.lab.certificates import Certificates
    from labkit.lab.faults import Faults
    from labkit.lab.logtext import LogText
    from labkit.lab.performed import Performed
    from labkit.lab.protocol import Mark
    from labkit.lab.settings_view import SettingsView
    from labkit.lab.workflow_verbs import Acknowledgement, Hl7Service

EMBEDDED = 'Work on the embedded lab for this: labkit.open_lab(backend="embedded").'
OWN_TRACE = "Every result of a verb of ours has its own: echo(lab.archive).trace."


class NotOnYourServers(UsageError):
    """This verb is for a lab of labkit's own; your servers were not touched."""


def never(verb: str, remedy: str = EMBEDDED) -> NoReturn:
    """Raise `NotOnYourServers` for a verb."""
    raise NotOnYourServers(f"{verb} never acts on your own servers.", remedy=remedy)


class RefusedVerbs:
    """Each raises `NotOnYourServers`."""

    def reset(self) -> None:
        """Nothing of a user's is ever deleted."""
        never("reset()")

    @property
    def faults(self) -> Faults:
        """No fault is ever injected."""
        never("faults")

    @property
    def proxy(self) -> NoReturn:
        """A façade before a PACS is a service of its own."""
        never("proxy", "labkit proxy --config FILE stands before a PACS of yours: docs/proxy.md.")

    def settings(self, name: NodeName) -> SettingsView:
        """We do not see what they are set to."""
        never("settings()")

    def configure(self, name: NodeName, **values: Any) -> SettingsView:
        """Their administrator does that."""
        never("configure()")

    def examine(self, modality: str, *, discontinued: str = "") -> Performed:
        """No examination is made up."""
        never("examine()")

    def open_study(self, **keys: str) -> Performed:
        """There is no workstation of ours."""
        never("open_study()", "Use find(lab.archive, …), then get(lab.archive, …).")

    def withdraw(self, name: NodeName, what: str | Dataset | Iterable[Dataset]) -> int:
        """Nothing of a user's is ever deleted."""
        never("withdraw()")

    def stop_node(self, name: NodeName) -> None:
        """Their administrator does that."""
        never("stop_node()")

    def start_node(self, name: NodeName) -> None:
        """Their administrator does that."""
        never("start_node()")

    def listen_tls(self, name: NodeName, *, mutual: bool = False) -> NoReturn:
        """Their administrator does that."""
        never("listen_tls()", "Name the TLS port and ca = … in labkit.toml.")

    @property
    def certificates(self) -> Certificates:
        """Those that labkit.toml names are all there is."""
        never("certificates", "lab.archive has the certificates that labkit.toml names.")

    def add_node(self, ae_title: str | Peer, host: str = "", port: int = 0) -> None:
        """Their administrator does that."""
        never("add_node()", "`labkit doctor` prints the entry that the administrator must make.")

    def remove_node(self, ae_title: str) -> None:
        """Their administrator does that."""
        never("remove_node()", "Ask the administrator of the archive.")

    def destinations(self) -> Mapping[str, Peer]:
        """We do not see them."""
        never("destinations()", "`labkit doctor` tries whether the archive knows [receive].")

    @property
    def hl7(self) -> Hl7Service:
        """No RIS is named in labkit.toml."""
        never("hl7")

    def send_hl7(self, message: str | bytes) -> Acknowledgement:
        """No RIS is named in labkit.toml."""
        never("send_hl7()")

    @property
    def routing(self) -> NoReturn:
        """No router is named in labkit.toml."""
        never("routing")

    def mark(self) -> Mark:
        """Their logs are not ours to read."""
        never("mark()", OWN_TRACE)

    def log(self, name: NodeName, since: Mark | None = None) -> LogText:
        """Their logs are not ours to read."""
        never("log()", "Ask the administrator of the archive for its log.")

    def traces(self, name: NodeName, since: Mark | None = None) -> list[AssociationTrace]:
        """Only the caller's end is ours."""
        never("traces()", OWN_TRACE)

    def received(self, name: NodeName = "WORKSTN", since: Mark | None = None) -> list[Dataset]:
        """There is no workstation of ours."""
        never("received()", "with lab.receiver() as receiver: move(lab.archive, …, receiver.peer)")

    @property
    def in_use(self) -> str:
        """Lessons that run here are about the samples."""
        return ""

    def use(self, name: str | None) -> NoReturn:
        """What was brought into a lab is there."""
        never("use()", "Bring the study in: labkit import own:archive --study UID --as NAME")
