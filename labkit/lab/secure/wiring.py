"""The guard of a secure lab, put together from the parts of ``labkit.access``."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, cast

from labkit.access import AllOf
from labkit.access.audit import AuditedPolicy, about_subjects, glass_recorder
from labkit.access.audit.admission import AuditedAdmission
from labkit.access.consent import ConsentPolicy
from labkit.access.nodes import NodePolicy
from labkit.access.oauth import TokenPolicy
from labkit.common.access import AccessPolicy, AccessRequest, Decision, decide
from labkit.common.errors import LabError, UsageError
from labkit.dimse.admission import NO_DECISION, Admission, AdmissionPolicy, Applicant, admit
from labkit.lab.health import HEALTH_AE
from labkit.lab.nodes import AUTH, DICOMWEB, FHIR, PROXY
from labkit.lab.secure import story
from labkit.lab.secure.authorization import Authorization
from labkit.lab.secure.consents import Consents
from labkit.lab.secure.guarding import Act, Guarding, only_open
from labkit.lab.secure.rights import RIGHTS, allow_list
from labkit.lab.secure.tls import CalledBy, NodeTls
from labkit.lab.secure.trails import Trails
from labkit.pacs import EventLog

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from labkit.access import Grant
    from labkit.access.audit import AuditTrail
    from labkit.dimse import Peer
    from labkit.lab.face import Face
    from labkit.lab.secure.subjects import Holding
    from labkit.lab.workspace import Workspace

WEB = (FHIR, DICOMWEB, PROXY)
"""Services where a token is asked for; at all others it is a certificate."""
_PORTS = {"tls": "every port of a secure lab speaks TLS, and asks for a certificate"}


def _now() -> datetime:
    return datetime.now(timezone.utc)


class SecureGuarding(Guarding):
    """Guards one lab.

    Parameters
    ----------
    workspace
        Its folder `secure` holds what the guard keeps.
    clock
        Gives the time of day, with its zone: for tokens, consents and audit.
    """

    secure = True

    def __init__(self, workspace: Workspace, *, clock: Callable[[], datetime] = _now) -> None:
        self._clock, own = clock, workspace.guarded
        self._tls = NodeTls(workspace.certificates)
        self._trails = Trails(own / "audit", own / "keys", clock)
        self._log = EventLog(workspace.log(AUTH))
        self.authorization = Authorization(
            own, self._log, self._turned_away, lambda: clock().timestamp()
        )
        self._holding: Callable[[str], Holding] | None = None
        self._held: Holding | None = None
        self._nodes: dict[str, NodePolicy] = {}
        self._policies: dict[str, AccessPolicy] = {}

    # -- at a start --

    def prepare(self, ports: Mapping[str, int]) -> None:
        """Have the secrets, certificates and address that services are started with."""
        self.authorization.prepare(ports.get(AUTH, 0))
        for ae_title in (*story.STATIONS, HEALTH_AE):
            self._tls.credential(ae_title)

    def holds(self, held: Callable[[str], Holding]) -> None:
        """Take note of how it is found out what the FHIR server at a base URL holds."""
        self._holding = held

    def moved(self, urls: Mapping[str, str]) -> None:
        """Have policies for services at these base URLs; until then all is refused."""
        assert self._holding is not None
        self.authorization.moved({name: urls[name] for name in WEB if name in urls})
        self._held = subjects = self._holding(urls[FHIR])
        trail = cast("AuditTrail", self._trails)  # has what recording takes
        consent = ConsentPolicy(
            subjects,
            subjects,
            recorder=glass_recorder(trail),
            recipients={title: story.actors(title) for title in story.STATIONS},
            stewards=frozenset({story.STEWARD}),
            clock=self._clock,
        )
        tokens, about = TokenPolicy(subjects), about_subjects(subjects)
        doors: dict[str, AccessPolicy] = {name: AllOf(tokens, consent) for name in WEB}
        doors |= {n: AllOf(node, consent) for n, node in self._node_policies(tokens).items()}
        doors[PROXY] = AllOf(tokens, consent)  # its receiver has an admission, and asks nothing
        self._policies = {
            name: AuditedPolicy(policy, trail, about=about) for name, policy in doors.items()
        }

    def _node_policies(self, tokens: AccessPolicy) -> dict[str, NodePolicy]:
        self._nodes = {
            name: NodePolicy(
                allow_list(name, lambda title: self._tls.credential(title).certificate),
                verifier=self.authorization,
                tokens=tokens,
            )
            for name in RIGHTS
        }
        return self._nodes

    def first_state(self) -> None:
        """Have no tokens; the audit so far is kept aside."""
        self._trails.begin_anew()
        self.authorization.first_state()

    def close(self) -> None:
        """Close every file."""
        self._policies = {}
        self.authorization.close()
        self._trails.close()

    # -- what services ask --

    def policy_of(self, door: str) -> AccessPolicy:
        """Return who decides at a node or service of this name."""
        return _Door(lambda: self._policies.get(door))

    def admission(self, name: str) -> Mapping[str, Any]:
        """Return what a DICOM node asks about an association."""
        current = _Admission(lambda: self._nodes.get(name))
        return {"admission": _Recorded(current, cast("AuditTrail", self._trails))}

    def guard(self, name: str, app: ASGIApp, base_url: str) -> ASGIApp:
        """Put what checks tokens before a service."""
        return self.authorization.guard(name, app, base_url)

    def proven(self, token: str, audience: str) -> Grant:
        """Say what a token proves at a service; raises where it proves nothing."""
        return self.authorization.verifier().verify(token, audience=audience)

    @property
    def auth_url(self) -> str:
        """Base URL of the authorization server."""
        return self.authorization.face.url

    @property
    def faces(self) -> Mapping[str, Face]:
        """The authorization server."""
        return {AUTH: self.authorization.face}

    @property
    def logs(self) -> Mapping[str, EventLog]:
        """Its log."""
        return {AUTH: self._log}

    def server_tls(self, ae_title: str) -> ssl.SSLContext:
        """Return what a node listens with."""
        return self._tls.server(ae_title)

    def client_tls(self, ae_title: str) -> ssl.SSLContext:
        """Return what a node calls others with."""
        return self._tls.client(ae_title)

    def known(self, name: str, destinations: Mapping[str, Peer]) -> Mapping[str, Peer]:
        """Return the destinations of a node as it has to call them."""
        return CalledBy(destinations, self._tls.client(name))

    def headers(self, client_id: str) -> dict[str, str]:
        """Return what a program of the lab itself sends with a request over HTTP."""
        scope = self.authorization.server.clients[client_id].scope
        token = self.authorization.issue(client_id, scope=scope)["access_token"]
        return {"Authorization": f"Bearer {token}"}

    def delivers(self) -> bool:
        """No: a notice goes to a URL, past every policy."""
        return False

    def check_settings(self, name: str, values: Mapping[str, Any]) -> None:
        """Refuse settings that would open a door."""
        for key in values:
            if key in _PORTS:
                raise UsageError(f"{key} cannot be set: {_PORTS[key]}.", remedy="Leave it out.")

    def refuse(self, what: str) -> None:
        """Refuse what an open lab alone does."""
        raise only_open(what)

    def story(self) -> list[dict[str, Any]]:
        """Return what the FHIR server holds in a new lab beside the patients."""
        return story.resources()

    def acts(self) -> Mapping[tuple[str, str], Act]:
        """Return the acts of the control interface that are about access."""
        from labkit.lab.secure.acts import acts

        return {
            **Consents(self._now_held).acts(),
            **self._trails.acts(),
            **acts(self.authorization, self._trails),
        }

    def _now_held(self) -> Holding:
        if self._held is None:
            raise LabError("The lab is still starting.", remedy="Ask again in a moment.")
        return self._held

    def _turned_away(self, name: str, address: str, told: str) -> None:
        """Have on record who was turned away at a guard; never the token."""
        try:
            self._trails.note(
                "SecurityAlert", told or "no token", type="NodeAuthentication",
                allowed=False, door=name, address=address,
            )  # fmt: skip
        except LabError:  # it was refused already: nothing is gained by an answer of another kind
            self._log.write("ERROR", AUTH, "-", "a refusal could not be recorded")


class _Door:
    """The policy of one door, as it is at the moment; none yet is no."""

    def __init__(self, current: Callable[[], AccessPolicy | None]) -> None:
        self._current = current

    def decide(self, request: AccessRequest) -> Decision:
        """Ask it."""
        policy = self._current()
        if policy is None:
            return Decision(False, "the lab is still starting, or has ended")
        return decide(policy, request)


class _Admission:
    """Decides who may associate with one node, by the allow list of the moment."""

    def __init__(self, current: Callable[[], NodePolicy | None]) -> None:
        self._current = current

    def admit(self, applicant: Applicant) -> Admission:
        """Ask the allow list."""
        nodes = self._current()
        if nodes is None:
            return Admission(False, "the lab is still starting, or has ended", NO_DECISION)
        return nodes.admit(applicant)


class _Recorded:
    """Has on record who was admitted and who was not.

    The lab's own watch over its health is not, where admitted: it comes all the time, and may do
    no more than C-ECHO.
    """

    def __init__(self, policy: AdmissionPolicy, trail: AuditTrail) -> None:
        self._policy, self._audited = policy, AuditedAdmission(policy, trail)

    def admit(self, applicant: Applicant) -> Admission:
        """Ask, and record."""
        if applicant.calling == HEALTH_AE:
            answer = admit(self._policy, applicant)
            if answer.admitted:
                return answer
        return self._audited.admit(applicant)
