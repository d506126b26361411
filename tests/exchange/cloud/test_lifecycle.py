"""What the rules want, by the clock; what tomorrow's worklist needs."""

from __future__ import annotations

from datetime import date

import pytest
from pydicom.dataset import Dataset

from labkit.dicom.samples import sample
from labkit.exchange.cloud import CloudTier, Record, apply, kept_until, plan, prefetch
from labkit.exchange.network.terms import Retention
from tests.exchange.cloud.conftest import Clock, uid_of

NO_BIRTH_DATE = Record("2" * 32, "1.4", study_date="20240601")
CHILD = Record("0" * 32, "1.2", birth_date="20200229", study_date="20240601")
LEAP = Record("3" * 32, "1.5", birth_date="19500101", study_date="20230301")
ADULT = Record("1" * 32, "1.3", birth_date="19500101", study_date="20240601")


def days_after_study(slug: str, clock: Clock) -> int:
    taken = str(sample(slug).datasets()[0].StudyDate)
    return (clock().date() - date(int(taken[:4]), int(taken[4:6]), int(taken[6:]))).days


@pytest.mark.parametrize(
    ("record", "retention", "until"),
    [
        (ADULT, Retention(years=10), date(2034, 6, 1)),
        (ADULT, Retention(years=5, law_years=10), date(2034, 6, 1)),
        (CHILD, Retention(years=10, children_until=28), date(2048, 2, 29)),
        (CHILD, Retention(years=10, children_until=27), date(2047, 3, 1)),
        (CHILD, Retention(years=30, children_until=28), date(2054, 6, 1)),
        (LEAP, Retention(years=10), date(2033, 3, 1)),
        (LEAP, Retention(years=1.5), date(2024, 8, 31)),
        (ADULT, None, None),
        (ADULT, Retention(), None),
        (NO_BIRTH_DATE, Retention(years=1, children_until=18), None),
        (Record("2" * 32, "1.4", birth_date="19500101"), Retention(years=1), None),
        (Record("2" * 32, "1.4", study_date="2024.06"), Retention(years=1), None),
    ],
)  # fmt: skip
def test_how_long(record: Record, retention: Retention | None, until: date | None) -> None:
    assert kept_until(record, retention) == until


def test_days_go_by(tier: CloudTier, clock: Clock) -> None:
    study = uid_of("ct-head")
    after = days_after_study("ct-head", clock) + 1
    (step,) = plan(tier, [study], after_days=after)
    assert (step.action, apply(tier, [step])) == ("keep", 0)
    clock.forward(days=1)
    (step,) = plan(tier, [study], after_days=after, free_days=30)
    assert step.action == "send"
    assert apply(tier, [step]) == 1
    (step,) = plan(tier, [study], after_days=after, free_days=30)
    assert step.action == "keep" and "local copy stays" in step.why
    clock.forward(days=30)
    (step,) = plan(tier, [study], after_days=after, free_days=30)
    assert step.action == "free"
    apply(tier, [step])
    assert tier.local(study) == []
    (step,) = plan(tier, [], after_days=after, free_days=30)
    assert step.action == "keep" and step.why.startswith("until 20")
    tier.hold(study, "lawsuit")
    clock.forward(days=365 * 60)
    (step,) = plan(tier, [], after_days=after)
    assert step.why == "on hold: lawsuit"
    tier.hold(study, "")
    (step,) = plan(tier, [], after_days=after)
    assert step.action == "may be deleted"
    assert apply(tier, [step]) == 0
    assert tier.recall(study).instances


def test_a_recall_counts_as_use(tier: CloudTier, clock: Clock) -> None:
    study = uid_of("dx-hand")
    tier.offload(study, free=True)
    clock.forward(days=100)
    tier.recall(study)
    (step,) = plan(tier, [], after_days=0, free_days=30)
    assert step.action == "keep"


def item(record: Record, modality: str = "CT", day: str = "20260116") -> Dataset:
    asked, step = Dataset(), Dataset()
    asked.PatientID, asked.IssuerOfPatientID = record.patient, record.issuer
    asked.AccessionNumber = "NG2600999"
    step.ScheduledProcedureStepStartDate, step.Modality = day, modality
    asked.ScheduledProcedureStepSequence = [step]
    return asked


def test_priors_of_tomorrow(tier: CloudTier) -> None:
    for slug in ("ct-head", "dx-hand"):
        tier.offload(uid_of(slug), free=True)
    record = tier.record(uid_of("ct-head"))
    day = date(2026, 1, 16)
    (ahead,) = prefetch(tier, [item(record)], day)
    assert (ahead.study, ahead.accession) == (record.study, "NG2600999")
    assert "same modality CT" in ahead.why
    assert prefetch(tier, [item(record, "MR")], day)[0].why == "newest"
    assert prefetch(tier, [item(record, day="20260117")], day) == []
    stranger = item(record)
    stranger.IssuerOfPatientID = "LAKESIDE"
    assert prefetch(tier, [stranger], day) == []
    tier.recall(record.study)
    assert prefetch(tier, [item(record)], day) == []


def test_an_item_without_a_patient_fetches_nothing(tier: CloudTier) -> None:
    tier.offload(uid_of("ct-head"), free=True)
    assert prefetch(tier, [item(Record("", "")), Dataset()], date(2026, 1, 16)) == []
