"""Differences between two outputs: by path, counted, with an example."""

from __future__ import annotations

from labkit.fhir.mapping.difference import Differences


def study(description: str, *bodies: str, codes: tuple[str, ...] = ()) -> dict[str, object]:
    series = [{"uid": f"1.{n}", "bodySite": {"code": body}} for n, body in enumerate(bodies)]
    return {"resourceType": "ImagingStudy", "id": "x", "description": description,
            "modality": [{"code": code} for code in codes], "series": series}  # fmt: skip


def test_counted_by_path_with_an_example() -> None:
    found = Differences()
    found.add([study("a", "1", "2")], [study("a", "7", "8")])
    (change,) = found.changes
    assert (change.path, change.kind, change.count) == (
        "ImagingStudy.series.bodySite.code", "changed", 2,
    )  # fmt: skip
    assert str(change) == ("~ ImagingStudy.series.bodySite.code  2×  1 → 7  (ImagingStudy/x 1.0)")


def test_order_of_series_and_one_more_coding_are_small() -> None:
    before, after = study("a", "1", "2", codes=("CT",)), study("a", "1", "2", codes=("SR", "CT"))
    after["series"] = after["series"][::-1]  # type: ignore[index]
    found = Differences()
    found.add([before], [after])
    assert [(c.path, c.kind, c.after) for c in found.changes] == [
        ("ImagingStudy.modality.code", "added", "SR")
    ]


def test_a_resource_that_is_gone_and_nothing() -> None:
    found = Differences()
    found.add([study("a")], [study("a")])
    assert not found and str(found) == "no difference" and len(found) == 0
    found.add([{"resourceType": "Device", "id": "d", "serialNumber": "7"}], [])
    assert [str(c) for c in found.changes] == ["- Device.serialNumber  1×  7  (Device/d)"]
    assert found
