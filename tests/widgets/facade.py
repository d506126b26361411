"""Records of a façade, as its contract has them: what a viewer asks of a legacy PACS."""

from __future__ import annotations

from typing import Any

STUDY = "1.2.826.0.1.3680043.8.498.45787841905473114233124723359129632652"
SERIES = "1.2.826.0.1.3680043.8.498.12714725698140337137334606354172323212"
IMAGE = "1.2.826.0.1.3680043.8.498.7524544321412231444466635464436454"
ROOT = f"/studies/{STUDY}"


def step(
    service: str, level: str, at: float, seconds: float, count: int, **other: Any
) -> dict[str, Any]:
    return {
        "at": at, "seconds": seconds, "pacs": "LEGACY", "service": service, "level": level,
        "association": "reused", "status": "0000", "meaning": "Success", "count": count,
        "bytes": 0, **other,
    }  # fmt: skip


def record(number: int, target: str, seconds: float, **other: Any) -> dict[str, Any]:
    return {
        "format": "labkit-proxy-trace/1", "id": number, "method": "GET", "target": target,
        "status": 200, "started": f"2026-01-15T08:00:{number % 60:02d}.000000+00:00",
        "seconds": seconds, "first_byte": seconds, "bytes": 1800, "cache": "none", "steps": [],
        **other,
    }  # fmt: skip


def records() -> list[dict[str, Any]]:
    """Queries, a retrieve that two requests wait for, a hit, a refusal and a failure."""
    move = step("C-MOVE", "SERIES", 0.02, 0.35, 40, bytes=21_000_000)
    frame = f"{ROOT}/series/{SERIES}/instances/{IMAGE}/frames/1"
    return [
        record(1, "/studies?PatientName=ANDER*&includefield=all&limit=101", 0.082, steps=[
            step("C-FIND", "STUDY", 0.001, 0.018, 3, association="new"),
            step("C-FIND", "SERIES", 0.021, 0.019, 2),
            step("C-FIND", "SERIES", 0.041, 0.016, 1),
            step("C-FIND", "SERIES", 0.059, 0.021, 4, pacs="CITY", association="new"),
        ]),
        record(2, f"{ROOT}/series", 0.03, steps=[step("C-FIND", "SERIES", 0.002, 0.025, 2)]),
        record(3, f"{ROOT}/series/{SERIES}/metadata", 0.38, first_byte=0.37, bytes=188_000,
               cache="miss", steps=[step("C-FIND", "IMAGE", 0.001, 0.017, 40), move]),
        record(4, frame, 0.41, first_byte=0.12, bytes=524_288, cache="miss", steps=[
            step("C-FIND", "IMAGE", 0.001, 0.014, 1), move]),
        record(4, frame, 0.29, started="2026-01-15T08:00:04.100000+00:00", first_byte=0.28,
               bytes=524_288, cache="shared", steps=[{**move, "at": 0.0, "seconds": 0.27}]),
        record(6, frame, 0.003, bytes=524_288, cache="hit"),
        record(7, "/studies?limit=many", 0.001, status=400, bytes=212),
        record(8, f"/studies/{STUDY}9", 5.03, status=502, bytes=310, cache="miss", steps=[
            step("C-FIND", "STUDY", 0.001, 0.02, 1),
            step("C-MOVE", "STUDY", 0.03, 5.0, 0, status="A801", association="new",
                 meaning="Refused: Move Destination unknown")]),
        record(9, "/studies", 0.4, method="POST", cache="none", first_byte=None, steps=[
            step("C-STORE", "IMAGE", 0.01, 0.18, 1, bytes=9_100_000),
            step("C-STORE", "IMAGE", 0.2, 0.15, 1, bytes=8_100_000, status="B000",
                 meaning="Coercion of Data Elements"),
            step("C-GET", "IMAGE", 0.36, 0.02, 1, bytes=8_100_000),
            step("C-ECHO", "", 0.385, 0.01, 0)]),
    ]  # fmt: skip
