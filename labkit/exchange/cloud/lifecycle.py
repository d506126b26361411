"""What moves when: what is sent, until when it is kept, what is fetched ahead."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from pydicom.dataset import Dataset

from labkit.exchange.cloud.local_side import first_record
from labkit.exchange.cloud.records import Record
from labkit.exchange.network.terms import Retention

if TYPE_CHECKING:
    from labkit.exchange.cloud.tier import CloudTier

Action = Literal["send", "free", "keep", "may be deleted"]


@dataclass(frozen=True)
class Step:
    """What the rules say of one study.

    Attributes
    ----------
    action
        ``"send"`` it to the cloud, ``"free"`` the local copy, ``"keep"`` it as it is; or it ``"may
        be deleted"``, which a person does (`CloudTier.shred`), never the rules.
    why
        The rule, with its date.
    """

    study: str
    action: Action
    why: str


def kept_until(record: Record, retention: Retention | None) -> date | None:
    """Until when a study has to be kept.

    Returns
    -------
    datetime.date or None
        The longest of all that applies; ``None`` where nobody has said, or its dates are not
        known: it is then kept. A child's images are kept until the child is old enough.
    """
    taken, born = _date(record.study_date), _date(record.birth_date)
    if retention is None or taken is None:
        return None
    years = max(retention.years, retention.law_years)
    if not years:
        return None
    part = math.ceil((years % 1) * 366)  # never a day too early
    until = _birthday(taken, int(years)) + timedelta(days=part)
    adult = max(retention.children_until, retention.law_children_until)
    if adult:
        if born is None:  # might be a child's
            return None
        until = max(until, _birthday(born, adult))
    return until


def plan(
    tier: CloudTier, studies: Iterable[str], *, after_days: int, free_days: int = 0
) -> list[Step]:
    """Say what the rules want now; nothing is done.

    Parameters
    ----------
    studies
        Study Instance UIDs of the archive to look at, beside those of the tier.
    after_days
        Days after the study (Study Date) when it is sent.
    free_days
        Days after it was last sent or recalled when its local copy goes.
    """
    now = tier.clock()
    known = {record.study: record for record in tier.records()}
    steps: list[Step] = []
    for study in sorted({*studies, *known}):
        record = known.get(study)
        if record is None or not record.proven:
            facts = record or first_record(tier.archive, study)
            steps.append(_sending(facts, now.date(), after_days))
            continue
        steps.append(_kept(tier, record, now, free_days))
    return steps


def apply(tier: CloudTier, steps: Sequence[Step]) -> int:
    """Do what a plan says; how many studies were sent or freed. Nothing is ever deleted."""
    done = 0
    for step in steps:
        if step.action == "send":
            tier.offload(step.study)
        elif step.action == "free":
            tier.free(step.study)
        else:
            continue
        done += 1
    return done


@dataclass(frozen=True)
class Ahead:
    """A study that is fetched before somebody asks.

    Attributes
    ----------
    accession
        Of the examination that it is fetched for.
    """

    study: str
    accession: str
    why: str


def prefetch(
    tier: CloudTier, worklist: Iterable[Dataset], day: date, *, most: int = 2
) -> list[Ahead]:
    """Choose the priors that a day's examinations need and that are only in the cloud.

    Parameters
    ----------
    worklist
        Modality Worklist items (PS3.4 K.6): patient, and steps with date and modality.
    day
        Which day's.
    most
        Priors an examination: those of its modality first, then the newest.

    Notes
    -----
    A Patient ID counts with its issuer only. An item or a study that names no issuer is compared
    with one that names none.
    """
    wanted: dict[str, Ahead] = {}
    for item in worklist:
        patient = (str(item.get("PatientID") or ""), str(item.get("IssuerOfPatientID") or ""))
        for step in item.get("ScheduledProcedureStepSequence") or []:
            if str(step.get("ScheduledProcedureStepStartDate") or "") != f"{day:%Y%m%d}":
                continue
            modality = str(step.get("Modality") or "")
            priors = [
                record
                for record in tier.records()
                if record.proven and patient[0] and (record.patient, record.issuer) == patient
            ]
            priors.sort(key=lambda record: record.study_date, reverse=True)
            priors.sort(key=lambda record: not _has(record, modality))
            for record in priors[:most]:
                if set(tier.local(record.study)) >= set(record.instances()):
                    continue
                kind = f"same modality {modality}" if _has(record, modality) else "newest"
                accession = str(item.get("AccessionNumber") or "")
                wanted.setdefault(record.study, Ahead(record.study, accession, kind))
    return list(wanted.values())


def _sending(facts: Record, today: date, after_days: int) -> Step:
    taken = _date(facts.study_date)
    if taken is None:
        return Step(facts.study, "keep", "it has no Study Date: nobody knows how old it is")
    due = taken + timedelta(days=after_days)
    if today < due:
        return Step(facts.study, "keep", f"it is sent from {due:%Y-%m-%d} on")
    return Step(facts.study, "send", f"{after_days} days after the study: {due:%Y-%m-%d}")


def _kept(tier: CloudTier, record: Record, now: datetime, free_days: int) -> Step:
    until = kept_until(record, tier.retention)
    if until is not None and now.date() >= until and not record.hold:
        return Step(record.study, "may be deleted", f"it had to be kept until {until:%Y-%m-%d}")
    if tier.local(record.study):
        due = datetime.fromisoformat(record.used) + timedelta(days=free_days)
        if now >= due:
            return Step(record.study, "free", f"proven in the cloud, last used {record.used[:10]}")
        return Step(record.study, "keep", f"the local copy stays until {due:%Y-%m-%d}")
    if record.hold:
        return Step(record.study, "keep", f"on hold: {record.hold}")
    why = f"until {until:%Y-%m-%d}" if until else "nobody has said how long"
    return Step(record.study, "keep", why)


def _has(record: Record, modality: str) -> bool:
    return any(pack.modality == modality for pack in record.packs)


def _date(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        return None


def _birthday(born: date, age: int) -> date:
    try:
        return born.replace(year=born.year + age)
    except ValueError:  # born on 29 February
        return date(born.year + age, 3, 1)
