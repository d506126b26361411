"""Whether a provision is about what is asked: yes, no, or it cannot be known.

What cannot be known counts against the asker: as a match of a deny, and as none of a permit.
"""

from __future__ import annotations

from labkit.access.consent.question import EMERGENCY, Question
from labkit.access.consent.reading import Data, Rule, Span

_CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
_LEVELS = ("U", "L", "M", "N", "R", "V")
"""v3-Confidentiality, from unrestricted to very restricted. Data without one are normal, N."""
_GROUPS = ("CareTeam/", "Group/")
Match = bool | None


def matches(rule: Rule, asked: Question) -> tuple[Match, str]:
    """Say whether a provision is about the question, and the first axis that speaks against it."""
    axes = (
        ("period", _within(rule.period, asked)),
        ("actor", _actor(rule, asked)),
        ("action", not rule.actions or asked.action in rule.actions),
        ("purpose", _purpose(rule, asked)),
        ("class", not rule.classes or asked.kind in rule.classes),
        ("securityLabel", _label(rule, asked)),
        ("code", _code(rule, asked)),
        ("dataPeriod", _of_that_time(rule.data_period, asked)),
        ("data", _any([_data(each, asked) for each in rule.data]) if rule.data else True),
    )
    for name, match in axes:
        if match is False:
            return False, f"{name} is another"
    unknown = [name for name, match in axes if match is None]
    return (None, f"{', '.join(unknown)} cannot be known") if unknown else (True, "all match")


def covers(span: Span | None, asked: Question) -> bool:
    """Whether a period covers now."""
    return span is None or span[0] <= asked.now.timestamp() < span[1]


def _within(span: Span | None, asked: Question) -> Match:
    return covers(span, asked)


def _any(found: list[Match]) -> Match:
    if True in found:
        return True
    return None if None in found else False


def _actor(rule: Rule, asked: Question) -> Match:
    if not rule.actors:
        return True
    if rule.actors & asked.actors:
        return True
    in_a_group = any(name.startswith(_GROUPS) for name in rule.actors)
    return None if not asked.actors or in_a_group else False


def _purpose(rule: Rule, asked: Question) -> bool:
    if not rule.purposes or asked.purpose in rule.purposes:
        return True
    # Emergency treatment is treatment: who denies the one denies the other. A leave for the one is
    # none for the other: that is what breaking the glass is for.
    return rule.type == "deny" and asked.purpose in EMERGENCY and "TREAT" in rule.purposes


def _label(rule: Rule, asked: Question) -> Match:
    """Compare labels; those of confidentiality are levels: deny upwards, permit downwards."""
    if not rule.labels:
        return True
    if rule.labels & asked.labels:
        return True
    if not asked.known:
        return None
    has = [_LEVELS.index(c) for s, c in asked.labels if s == _CONFIDENTIALITY and c in _LEVELS]
    level = max(has, default=_LEVELS.index("N"))
    named = [_LEVELS.index(c) for s, c in rule.labels if s == _CONFIDENTIALITY and c in _LEVELS]
    if rule.type == "deny":
        return any(level >= each for each in named)
    return any(level <= each for each in named)


def _code(rule: Rule, asked: Question) -> Match:
    if not rule.codes or rule.codes & asked.codes:
        return True
    return False if asked.known else None


def _of_that_time(span: Span | None, asked: Question) -> Match:
    if span is None:
        return True
    if asked.dates is None:
        return None
    low, high = asked.dates
    if high <= span[0] or low >= span[1]:
        return False
    return True if span[0] <= low and high <= span[1] else None


def _data(data: Data, asked: Question) -> Match:
    """R4 consent-data-meaning: the instance; and what it refers to; and what refers to it."""
    named = data.reference
    same = named == asked.reference or (bool(asked.study) and named == f"urn:oid:{asked.study}")
    if data.meaning == "instance":
        return same and asked.is_resource
    if same:
        return True
    if named in asked.unreadable or not asked.known:
        return None
    return named in (asked.referred_by if data.meaning == "related" else asked.refers_to)
