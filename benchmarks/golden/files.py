"""A case in a file, as ``MappingWorkbench.save_test_case`` writes it."""

from __future__ import annotations

import json
from pathlib import Path

from pydicom.dataset import Dataset

from benchmarks.golden.model import Case, Expect


def read_case(path: Path) -> Case:
    """Read one case."""
    data = json.loads(path.read_text("utf-8"))
    headers = [Dataset.from_json(one) for one in data["headers"]]
    expect = tuple(Expect(where, verb, tuple(values)) for where, verb, *values in data["expect"])
    return Case(
        data["id"], data["group"], data["why"], data["section"], lambda: headers, expect,
        fhir=data["fhir"],
    )  # fmt: skip
