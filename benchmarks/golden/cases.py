"""All cases, by what they are about."""

from __future__ import annotations

from benchmarks.golden import (
    cases_identity,
    cases_people,
    cases_reports,
    cases_series,
    cases_study,
    cases_times,
)
from benchmarks.golden.model import Case

CASES: tuple[Case, ...] = (
    *cases_identity.CASES,
    *cases_study.CASES,
    *cases_times.CASES,
    *cases_people.CASES,
    *cases_series.CASES,
    *cases_reports.CASES,
)
