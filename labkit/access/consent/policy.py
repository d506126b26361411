"""The consents of patients as an access policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timezone

from labkit.access.consent.asking import Asking, UnknownSubjectError
from labkit.access.consent.engine import decide_consent
from labkit.access.consent.question import Question, Ruling
from labkit.access.consent.stored import Consents
from labkit.access.grant import Grant, current_grant
from labkit.access.subjects import Subjects
from labkit.common.access import AccessRequest, Decision

Recorder = Callable[[AccessRequest, Grant, Ruling], None]

#: What a service does → codes of consentaction, each of which has to be permitted. Who changes or
#: deletes what he may not see could learn of it, or open it.
ACTIONS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("read", "vread", "history", "search", "validate"), ("access",)),
    **dict.fromkeys(("C-FIND", "C-GET", "N-ACTION", "N-GET"), ("access",)),
    "C-MOVE": ("access", "disclose"),
    **dict.fromkeys(("create", "store", "C-STORE", "N-CREATE"), ("collect",)),
    **dict.fromkeys(("update", "delete"), ("access", "correct")),
    "N-SET": ("correct",),
    # Documents and images by IHE's transactions; those between gateways leave the community.
    **dict.fromkeys(("ITI-18", "ITI-43", "RAD-69"), ("access",)),
    **dict.fromkeys(("ITI-38", "ITI-39", "RAD-75"), ("access", "disclose")),
    **dict.fromkeys(("ITI-41", "ITI-42"), ("collect",)),
}
_WRITING = frozenset(("create", "update", "delete"))


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _nobody(subscription: str) -> Grant | None:
    return None


class ConsentPolicy:
    """Allows what the patient's consents permit to the one who asks.

    Nothing is remembered between two decisions: a Consent that is changed counts from the next one.

    Parameters
    ----------
    subjects, consents
        Whose data it is, and what that patient has agreed to.
    default
        ``permit`` or ``deny``: for a patient of whom no Consent says anything.
    recorder
        Told whenever the glass is broken; without one, or if it raises, the glass stays whole.
    recipients
        AE title → references by which a Consent may name it: where C-MOVE sends to. One that is
        not among them is unknown, and is refused what is denied to anybody by name.
    stewards
        References of those who may write Consent resources beside the patient.
    subscribers
        From ``Subscription/x`` to the grant of the one who made it; of nobody, unless told.
    clock
        The time now, for periods.
    """

    def __init__(
        self,
        subjects: Subjects,
        consents: Consents,
        *,
        default: str = "deny",
        recorder: Recorder | None = None,
        recipients: Mapping[str, frozenset[str]] | None = None,
        stewards: frozenset[str] = frozenset(),
        subscribers: Callable[[str], Grant | None] = _nobody,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._subjects, self._consents, self._default = subjects, consents, default
        self._recorder, self._recipients = recorder, dict(recipients or {})
        self._stewards, self._clock, self._subscribers = stewards, clock, subscribers
        self._asking = Asking(subjects, str(getattr(subjects, "base_url", "")))

    def decide(self, request: AccessRequest) -> Decision:
        """Answer one request on behalf of `labkit.access.current_grant`.

        A Subscription is asked for while somebody else writes: theirs is not its grant.
        """
        rings = request.actor.startswith("Subscription/")
        grant = self._subscribers(request.actor) if rings else current_grant()
        if grant is None:
            return Decision(False, "who asks has not been proven")
        return self.rule(request, grant)

    def rule(self, request: AccessRequest, grant: Grant) -> Ruling:
        """Answer one request on behalf of `grant`, with the trail."""
        actions = ACTIONS.get(request.action, ())
        resource = request.resource
        try:
            first = actions[0] if actions else ""
            questions = self._asking.questions(resource, first, self._clock())
        except UnknownSubjectError as error:
            return Ruling(False, str(error))
        if not questions:
            return Ruling(True, "it is nobody's data")
        if not actions:
            return Ruling(False, f"no consent says anything of the action {request.action}")
        if resource.get("resourceType") == "Consent" and request.action in _WRITING:
            refused = self._not_theirs(questions, grant)
            if refused is not None:
                return refused
        rulings = [
            ruling
            for asker in self._askers(request, grant)
            for question in questions
            for action in actions
            for ruling in self._weighed(replace(question, actors=asker, action=action), grant)
        ]
        refusals = [ruling for ruling in rulings if not ruling]
        if refusals:
            return refusals[0]
        broken = [ruling for ruling in rulings if ruling.glass_broken]
        return self._recorded(broken[0], request, grant) if broken else rulings[0]

    def _askers(self, request: AccessRequest, grant: Grant) -> list[frozenset[str]]:
        """Who gets to see it: the one who asks, and whom it is sent to."""
        destination = request.resource.get("destination", "")
        if not destination:
            return [grant.actors]
        return [grant.actors, self._recipients.get(destination, frozenset())]

    def _weighed(self, question: Question, grant: Grant) -> list[Ruling]:
        """Decide by the consents of the patient, and of records linked to theirs."""
        asked = replace(question, purpose=grant.purpose, reason=grant.reason)
        out = []
        for number, patient in enumerate(self._same_person(asked.patient)):
            consents = list(self._consents.of(patient))
            if number and not consents:
                continue
            linked = self._asking.linked(replace(asked, patient=patient), consents)
            out.append(decide_consent(consents, linked, default=self._default))
        return out

    def _same_person(self, patient: str) -> list[str]:
        """The patient, and records that were merged with theirs (R4 patient.html, link)."""
        body = self._subjects.resource("Patient", patient) or {}
        links = body.get("link", [])
        names = [str(link.get("other", {}).get("reference", "")) for link in links]
        others = [name.partition("Patient/")[2].partition("/")[0] for name in names]
        return list(dict.fromkeys([patient, *filter(None, others)]))

    def _not_theirs(self, questions: list[Question], grant: Grant) -> Ruling | None:
        own = all(f"Patient/{question.patient}" in grant.actors for question in questions)
        if own or grant.actors & self._stewards:
            return None
        return Ruling(False, "a Consent is written by its patient, or by a steward of the site")

    def _recorded(self, ruling: Ruling, request: AccessRequest, grant: Grant) -> Ruling:
        """Have a broken glass recorded, or leave it whole."""
        if self._recorder is None:
            return replace(ruling, allowed=False, reason="the glass stays whole: nobody records it")
        try:
            self._recorder(request, grant, ruling)
        except Exception as error:
            text = f"the glass stays whole: it could not be recorded ({type(error).__name__})"
            return replace(ruling, allowed=False, reason=text)
        return ruling
