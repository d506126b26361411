"""The decision: a function of consents and a question, and of nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from labkit.access.consent.matching import Match, covers, matches
from labkit.access.consent.question import EMERGENCY, Question, Ruling, Step
from labkit.access.consent.reading import (
    ReadConsent,
    Rule,
    UnreadableConsentError,
    read_consent,
)

_UNREADABLE = "unreadable"


def decide_consent(
    consents: Iterable[Mapping[str, Any]], question: Question, *, default: str = "deny"
) -> Ruling:
    """Decide by the patient's consents.

    Of each Consent that is active, about this patient, and whose outer period covers now, the
    deepest provision that matches counts; of several equally deep ones a deny. Without one, its
    policyRule does. Several consents have to agree: one that denies is enough. Where none says
    anything the site's default does. (FHIR R4 consent.html; how provisions are weighed against
    each other R4 leaves open.)

    Parameters
    ----------
    consents
        FHIR R4 resources. One about somebody else is passed over.
    default
        ``permit`` or ``deny``: what the site does where no Consent says anything.

    Returns
    -------
    Ruling
        Refused, with the element named, where a part of a Consent is not understood.
    """
    trail: list[Step] = []
    counted: list[tuple[Step, Rule | None]] = []
    for consent in consents:
        steps, decisive = _weigh(consent, question)
        trail += steps
        if decisive is not None:
            counted.append(decisive)
    for step, _ in counted:
        if step.outcome == _UNREADABLE:
            return Ruling(False, f"{step.consent}: {step.why}", tuple(trail), step)
    denying = [each for each in counted if each[0].outcome == "deny"]
    if denying or counted:
        # Of several that deny, one that speaks of the emergency itself is not to be overruled.
        decisive = next((d for d in denying if _names_it(d[1], question)), None)
        step, rule = decisive or (denying or counted)[0]
        return _in_emergency(step, rule, question, tuple(trail))
    allowed = default == "permit"
    said = "permits" if allowed else "denies"
    text = f"no consent of the patient says anything, and the site's default {said}"
    return _glass(Ruling(allowed, text, tuple(trail)), question)


def _weigh(
    consent: Mapping[str, Any], asked: Question
) -> tuple[list[Step], tuple[Step, Rule | None] | None]:
    """Return what was looked at in one Consent, and the part that decides."""
    try:
        read = read_consent(consent, asked.base_url)
    except UnreadableConsentError as error:
        name = f"Consent/{consent.get('id', '?')}" if isinstance(consent, Mapping) else "Consent/?"
        step = Step(name, error.element, _UNREADABLE, str(error))
        return [step], (step, None)
    idle = _idle(read, asked)
    if idle:
        return [Step(read.name, idle[0], "not in force", idle[1])], None
    steps: list[Step] = []
    found: list[tuple[Step, Rule | None]] = []
    if read.base:
        where = "Consent.policyRule"
        base = Step(read.name, where, read.base, f"the base rule says {read.base}")
        steps.append(base)
        found.append((base, None))
    if read.rule is not None:
        for step, rule in _walk(read, read.rule, True, asked):
            steps.append(step)
            if step.outcome != "no match":
                found.append((step, rule))
    if not found:
        return steps, None
    deepest = max(step.depth for step, _ in found)
    last = [each for each in found if each[0].depth == deepest]
    denying = [each for each in last if each[0].outcome != "permit"]
    decisive = next((d for d in denying if _names_it(d[1], asked)), None)
    return steps, decisive or (denying or last)[0]


def _idle(read: ReadConsent, asked: Question) -> tuple[str, str] | None:
    """Say why a Consent does not count now: the element, and in words."""
    if read.patient != asked.patient:
        return "Consent.patient", "it is another patient's"
    if read.status != "active":
        return "Consent.status", f"it is {read.status}"
    if read.scope in ("treatment", "adr"):  # whether to be treated, not who may see what
        return "Consent.scope", f"its scope is {read.scope}, not privacy"
    if read.scope == "research" and asked.purpose != "HRESCH":
        return "Consent.scope", "its scope is research"
    if read.rule is not None and not covers(read.rule.period, asked):
        return "Consent.provision.period", "it has ended, or not begun"
    return None


def _walk(
    read: ReadConsent, rule: Rule, above: Match, asked: Question
) -> Iterator[tuple[Step, Rule]]:
    """Go through a provision and what is nested in it, as far down as they match."""
    match, why = matches(rule, asked)
    if above is None and match is True:
        match, why = None, "it lies in one of which it cannot be known"
    if match is False:
        yield Step(read.name, rule.element, "no match", why, rule.depth), rule
        return
    if rule.type:
        counts = match is True or rule.type == "deny"
        yield Step(read.name, rule.element, rule.type if counts else "no match", why,
                   rule.depth), rule  # fmt: skip
    elif rule.narrow:
        # R4 has no type in the outer provision, and does not say what its conditions then mean.
        why = f"{rule.element}.type is missing, so what its conditions are for is not certain"
        yield Step(read.name, f"{rule.element}.type", _UNREADABLE, why, rule.depth), rule
    for nested in rule.rules:
        yield from _walk(read, nested, match, asked)


def _names_it(rule: Rule | None, asked: Question) -> bool:
    return rule is not None and asked.purpose in EMERGENCY and asked.purpose in rule.purposes


def _in_emergency(
    step: Step, rule: Rule | None, asked: Question, trail: tuple[Step, ...]
) -> Ruling:
    said = "permits" if step.outcome == "permit" else "denies"
    text = f"{step.consent} {said} it: {step.element}"
    ruling = Ruling(step.outcome == "permit", text, trail, step)
    if _names_it(rule, asked):
        if not ruling.allowed:
            return ruling  # the patient has said no to this very purpose
        if not asked.reason.strip():
            return Ruling(False, f"{text}, but for {asked.purpose} a reason is needed", trail, step)
        return Ruling(True, f"{text}: {asked.reason.strip()}", trail, step, True)
    return _glass(ruling, asked)


def _glass(ruling: Ruling, asked: Question) -> Ruling:
    """Let an emergency through where consents say no; it needs a reason."""
    if ruling.allowed or asked.purpose not in EMERGENCY:
        return ruling
    if not asked.reason.strip():
        text = f"{ruling.reason}; {asked.purpose} needs a reason, and none was given"
        return Ruling(False, text, ruling.trail, ruling.decided_by)
    text = f"glass broken ({asked.purpose}: {asked.reason.strip()}), although {ruling.reason}"
    return Ruling(True, text, ruling.trail, ruling.decided_by, True)
