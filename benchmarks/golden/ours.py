"""The adapter of labkit."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.golden.model import Case, Resources
from labkit.fhir.mapping import MappingTable, Site, StudyBuilder, combine


class Labkit:
    """Maps by the packaged table, or another."""

    name = "labkit"

    def __init__(self, table: MappingTable | None = None) -> None:
        self.table = table or MappingTable.load()

    def convert_all(self, cases: Sequence[Case]) -> list[Resources | str]:
        """Convert each case; what the builder refuses is left out, as a user would see it."""
        return [self._one(case) for case in cases]

    def _one(self, case: Case) -> Resources:
        builder = StudyBuilder(
            self.table, Site.parse(case.site), case.fhir, case.endpoint or None
        )  # fmt: skip
        for number, ds in enumerate(case.headers()):
            builder.add(ds, f"instance {number}")
        return combine(builder.studies())[0]
