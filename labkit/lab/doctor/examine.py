"""Which nodes there are, and what each is asked."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from labkit.common.errors import LabError, UsageError
from labkit.dimse import Receiver
from labkit.dimse.peer import LEARNER
from labkit.dimse.receiver import is_loopback
from labkit.lab.backends import OWN
from labkit.lab.doctor import net
from labkit.lab.doctor.dicom import DicomChecks, Inbox
from labkit.lab.doctor.finding import Check, Finding, LayerFails, examined
from labkit.lab.doctor.web import DicomWebChecks, FhirChecks
from labkit.lab.nodes import DICOMWEB, FHIR, PROXY
from labkit.lab.own.connect import verify_of
from labkit.lab.own.lab import OwnLab, read_config
from labkit.lab.workspace import Workspace

if TYPE_CHECKING:
    from labkit.lab.embedded import EmbeddedLab
    from labkit.lab.protocol import Lab

OURS = "DOCTOR"
"""AE title to which a lab of our own sends; it is taken away again at once."""

Plan = dict[str, list[Check]]
"""The layers of each node, by its name."""


def findings(plan: Plan) -> Iterator[Finding]:
    """Examine one node after the other."""
    for name, layers in plan.items():
        yield from examined(name, layers)


def diagnose(target: Lab | str | Path) -> list[Finding]:
    """Examine every server of a lab, or of a ``labkit.toml``.

    Nothing is stored there. A silent server takes the time that it is given; `findings` gives what
    is found as it comes.

    Parameters
    ----------
    target
        What `labkit.open_lab` returns, or the file that describes servers of your own.

    Returns
    -------
    list of Finding
        Node by node, layer by layer; the first layer that fails is the last of its node.

    Raises
    ------
    UsageError
        No such file, or one that says what cannot be; a lab that is none of ours.
    """
    if isinstance(target, (str, Path)):
        config = read_config(target)
        return list(findings(plan_of_own(OwnLab(Workspace.at(None, OWN), config))))
    if isinstance(target, OwnLab):
        return list(findings(plan_of_own(target)))
    from labkit.lab.embedded import EmbeddedLab

    if isinstance(target, EmbeddedLab):
        return list(findings(plan_of_lab(target)))
    raise UsageError(
        f"a {type(target).__name__} cannot be examined",
        remedy="Give open_lab(), or the path of a labkit.toml.",
    )


def plan_of_own(lab: OwnLab) -> Plan:
    """Say what the servers of a ``labkit.toml`` are asked."""
    config, plan = lab.config, Plan()
    inbox = _inbox(lab) if config.receive is not None and config.archive is not None else None
    for name, node in lab.nodes.items():
        if name == "WORKLIST":
            plan[name] = DicomChecks(node, ("worklist",)).layers
        else:
            plan[name] = DicomChecks(node, ("C-FIND",), inbox, config.preset).layers
    if config.dicomweb is not None:
        part = config.dicomweb
        web = lab.dicomweb
        checks = (part.url, web.http, lambda: verify_of(part), part.token, "[dicomweb]")
        plan[DICOMWEB] = DicomWebChecks(*checks).layers
    if config.fhir is not None:
        fhir_part = config.fhir
        fhir = lab.fhir
        plan[FHIR] = FhirChecks(
            fhir_part.url, fhir.http, lambda: verify_of(fhir_part), fhir_part.token, "[fhir]"
        ).layers
    return plan


def plan_of_lab(lab: EmbeddedLab) -> Plan:
    """Say what the nodes of a lab of our own are asked; each offers what it offers."""

    # A secure lab sends to titles that it knows, and to us as LEARNER alone.
    ours = LEARNER if lab.secure else OURS

    @contextmanager
    def receiving() -> Iterator[Receiver]:
        before = lab.destinations().get(ours)
        with lab.receiver(ours) as receiver:
            lab.add_node(receiver.peer)
            try:
                yield receiver
            finally:
                lab.remove_node(ours)
                if before is not None:
                    lab.add_node(before)

    token = lab.token()
    inbox = Inbox(receiving, ours, "127.0.0.1", 0)
    plan: Plan = {name: DicomChecks(node, (), inbox).layers for name, node in lab.nodes.items()}
    with suppress(LabError):  # on containers there is none of our own
        plan[DICOMWEB] = DicomWebChecks(*_plain(lab.dicomweb.url, token)).layers
    with suppress(LabError):
        plan[PROXY] = DicomWebChecks(*_plain(lab.proxy.url, token)).layers
    plan[FHIR] = FhirChecks(*_plain(lab.fhir.url, token)).layers
    return plan


def _plain(
    url: str, token: str
) -> tuple[str, Callable[[], httpx.Client], Callable[[], ssl.SSLContext], str]:
    """Return how a web server of a lab of our own is asked; an open one wants no token."""

    def http() -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=f"{url}/", headers=headers, trust_env=False)

    return url, http, ssl.create_default_context, token


def _inbox(lab: OwnLab) -> Inbox:
    part, archive = lab.config.receive, lab.config.archive
    assert part is not None and archive is not None
    towards = net.address_towards(archive.host, archive.port)
    address = part.address or (part.bind if _one_address(part.bind) else towards)

    @contextmanager
    def receiving() -> Iterator[Receiver]:
        if is_loopback(part.bind) and not is_loopback(towards):
            raise LayerFails(
                f"[receive] listens on {part.bind}, and the archive is another machine",
                remedy=f'You: bind = "{towards}", the address of this machine on that network.',
            )
        with lab.receiver() as receiver:
            yield receiver

    return Inbox(receiving, part.ae_title, address, part.port)


def _one_address(bind: str) -> bool:
    """Whether `bind` names an address that others can use, and not all or none."""
    return bind not in ("0.0.0.0", "::") and not is_loopback(bind)  # nosec B104: to leave out
