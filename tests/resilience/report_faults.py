"""The sections about faults of `tests.resilience.report`: what was done, and what was seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Rows = list[dict[str, Any]]


def sections(figures: Mapping[str, Rows]) -> list[str]:
    """A section for each fault that the run has figures of."""
    makers = {
        "disk-full": _disk_full, "read-only": _read_only, "slow-disk": _slow_disk,
        "clock": _clock, "slow-http": _slow_http, "reset-stow": _hung_up,
        "dimse-stopped": _stopped, "at-once": _at_once, "learner": _learner,
    }  # fmt: skip
    return [
        make(figures[kind], figures) for kind, make in makers.items() if figures.get(kind)
    ]  # fmt: skip


def map_kills(rows: Rows) -> str:
    """``labkit map`` killed while it writes."""
    said = [
        f"Into {row['where']}: {row['kills']} kills over {row['studies']} studies, "
        f"{row['lost']} lost or otherwise than undisturbed."
        for row in rows
    ]
    text = "`labkit map --state` was killed at random moments and begun again until it was done."
    return _section("Mapping killed with -9", text, *said)


def _section(title: str, *parts: str) -> str:
    return "\n\n".join([f"## {title}", *parts])


def _table(head: tuple[str, ...], lines: list[tuple[object, ...]]) -> str:
    rows = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    return "\n".join(rows + [f"| {' | '.join(map(str, line))} |" for line in lines])


def _disk_full(rows: Rows, _: Mapping[str, Rows]) -> str:
    row = rows[-1]  # of a run that was done again, the last counts
    before, after = row["before"], row["after"]
    return _section(
        "A full disk",
        f"The lab on a disk of 64 MB, a tmpfs, which was filled {row['rounds']} times up to a "
        "random rest, so that it ended now in an object, now in an index, a queue or a log. What "
        "there was no room for was refused: C-STORE with A700, STOW-RS with A700 for the object or "
        "507, FHIR with 507. Echo, queries and reading went on. When there was room again the same "
        "process took everything.",
        _table(("door", "refused"), list(row["refused"].items())),
        f"{row['acknowledged']} objects and resources had been acknowledged, {row['lost']} of them "
        f"were missing or changed. Threads {before['threads']} before and {after['threads']} "
        f"after, open files {before['files']} and {after['files']}, memory "
        f"{before['memory'] >> 20} and {after['memory'] >> 20} MiB.",
    )


def _read_only(rows: Rows, _: Mapping[str, Rows]) -> str:
    refused, lost = (sum(row[key] for row in rows) for key in ("refused", "lost"))
    return _section(
        "A read-only disk",
        "The folder of ARCHIVE's objects was made read-only under the running lab, as a mount is "
        f"after an error of the hardware. {refused} objects were refused with A700 and the reason; "
        "ROUTER kept what ARCHIVE could not take, and delivered it when it could. "
        f"{lost} of what had been acknowledged was missing. A lab on a read-only disk is not "
        "started, and names the disk.",
    )


def _slow_disk(rows: Rows, _: Mapping[str, Rows]) -> str:
    row = rows[-1]  # of a run that was done again, the last counts
    return _section(
        "A slow disk",
        f"{row['stored']} objects came by {row['clients']} associations, and the disk did not end "
        f"its syncs. C-ECHO and C-FIND were answered meanwhile, and {row['before']} objects were "
        "answered for before they were on the disk. When it ended them all were stored.",
    )


def _clock(rows: Rows, _: Mapping[str, Rows]) -> str:
    return _section(
        "A clock that jumps",
        "The time of day was put forward and back under a router with objects waiting, a FHIR "
        "server and a learner's journal (clocks are arguments).",
        _table(("what", "jump", "seen"), [(r["what"], r["jump"], r["seen"]) for r in rows]),
    )


def _slow_http(rows: Rows, _: Mapping[str, Rows]) -> str:
    lines = [(row["what"], row["clients"], row["told"]) for row in rows]
    return _section(
        "Slow loris over HTTP",
        "Clients that held connections to the FHIR server without doing their part. The server "
        "let each go (408 where there was somebody to tell), and answered others meanwhile.",
        _table(("each client", "clients", "told 408"), lines),
    )


def _hung_up(rows: Rows, figures: Mapping[str, Rows]) -> str:
    readers = [
        f"{row['readers']} readers of a study of 24 MB "
        + ("were reset." if row["how"] == "reset" else "stopped reading.")
        for row in figures.get("wado-readers", [])
    ]
    dimse = [f"{row['rounds']} associations were reset at a random byte."
             for row in figures.get("reset-dimse", [])]  # fmt: skip
    rounds = sum(row["rounds"] for row in rows)
    return _section(
        "Connections reset or dropped",
        f"{rounds} STOW-RS requests were reset (RST) at a random byte. "
        f"{' '.join([*readers, *dimse])} No object was there in part, no temporary file, no "
        "connection and no open file was left, and the same process served the next client.",
    )


def _stopped(rows: Rows, _: Mapping[str, Rows]) -> str:
    return _section(
        "DIMSE peers that stop, half-open connections",
        "Peers that neither went on nor closed. The node served others meanwhile, ended each "
        "connection when its time was over, and kept no thread of it. A PDU that comes byte by "
        "byte and one whose length field says 4 GiB end the association too.",
        _table(("stopped", "peers"), [(row["where"], row["peers"]) for row in rows]),
    )


def _at_once(rows: Rows, _: Mapping[str, Rows]) -> str:
    number = rows[0]["associations"]
    return _section(
        f"{number} associations at once",
        f"All {number} were held open together and answered, the next one was rejected with 2/3/2 "
        f"(local limit exceeded, PS3.8 9.3.4). Then {number} clients stored at the same moment; "
        "every object was there, byte for byte.",
    )


def _learner(rows: Rows, _: Mapping[str, Rows]) -> str:
    lines = [(row["what"], row["times"], row["told"] or "nothing was needed") for row in rows]
    return _section(
        "A learner's machine",
        "In real kernels. After each, the acts in `progress.jsonl` were all there.",
        _table(("fault", "times", "the last line says"), lines),
    )
