"""What the command tells: what a source holds, what became of it, what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from labkit.lab.owndata.found import Found
from labkit.lab.owndata.importing import Brought, Job
from labkit.lab.owndata.index import KEPT, OwnEntry

FIRST = 10
"""Most places that are listed; of the rest, the number."""
MEANS = """\
--keep-identity brings these images in with names, birth dates, IDs and all else that they hold.
They lie readable in the workspace and in the lab's archive, every notebook of this lab can show
them, and the lab's doors ask nobody who he is. Whoever can read this account's files can read them.
It is your organisation, and the law, that must allow it."""
PHRASE = "these patients stay identifiable"


def found_lines(found: Found, jobs: Iterable[Job]) -> Iterator[str]:
    """Say what is there: no name, no ID, no accession number."""
    listed = list(jobs)
    series = sum(len(job.study.series) for job in listed)
    instances = sum(job.study.instances for job in listed)
    yield (
        f"{_many(len(listed), 'study', 'studies')} of {_many(len(found.patients), 'patient')}, "
        f"{_many(series, 'series', 'series')}, {_many(instances, 'object')}, {_size(found.bytes)}"
    )
    for name, study in listed:
        yield (
            f"  {name:<16} {study.date or 'no date':<9} {', '.join(study.modalities):<10} "
            f"{len(study.series):>3} series {study.instances:>6} objects  {study.uid}"
        )
    if found.others:
        yield f"Left out: {_many(found.others, 'file')} that are no DICOM."
    if found.twice:
        yield f"Left out: {_many(found.twice, 'file')} with an object that was there already."


def places(listed: list[tuple[str, str]], what: str) -> Iterator[str]:
    """Name the first few of what could not be used. The places may hold PHI."""
    for place, reason in listed[:FIRST]:
        yield f"{what}: {place}: {reason}"
    if len(listed) > FIRST:
        yield f"{what}: {len(listed) - FIRST} more"


def outcome_lines(brought: Brought, source: str, options: str) -> Iterator[str]:
    """Say what became of a study, and what to do about what was held."""
    entry, staged = brought.entry, brought.staged
    if entry is None:
        yield f"{brought.name}: nothing of it was brought in."
    elif entry.complete:
        how = "its identity kept" if entry.identity == KEPT else entry.profile
        yield (
            f"{entry.name}: {_many(entry.instances, 'object')} in {entry.node}, read back and "
            f"found equal ({staged.new} new, {brought.sent} sent; {how})"
        )
    else:
        yield f"{entry.name}: not all came. Run the same command again: it goes on from here."
    for reason, count in staged.held.items():
        yield f"{brought.name}: {_many(count, 'object')} held for review: {reason}"
    for reason, count in staged.unseen.items():
        yield f"{brought.name}: of what was taken, {count}: {reason}. --strict holds them."
    if staged.held:
        yield from _review(brought, source, options)


def list_lines(entries: Iterable[OwnEntry]) -> Iterator[str]:
    """List the studies of a workspace."""
    listed = list(entries)
    for entry in listed:
        state = "" if entry.complete else "  not complete: import it again"
        kept = "  IDENTITY KEPT" if entry.identity == KEPT else ""
        yield (
            f"{entry.name:<16} {', '.join(entry.modalities):<10} {entry.instances:>6} objects "
            f"{_size(entry.size):>10}  in {entry.node}{kept}{state}"
        )
    if not listed:
        yield "There is none. Bring one in: labkit import SOURCE --as NAME"


def _review(brought: Brought, source: str, options: str) -> Iterator[str]:
    if "://" in source or source.startswith("own:"):
        yield (
            "Look at them where they are. Those without text and face come in with "
            "--reviewed FILE, a list of their SOP Instance UIDs."
        )
        return
    wanted = [name for name in options.split(",") if name.strip() and name != "basic"]
    wanted += [x for x in ("clean-pixel-data", "clean-visual-features") if x not in wanted]
    yield "To have them cleaned, and look at what comes out:"
    if brought.entry is not None:  # what is here was cleaned in another way
        yield f"  labkit import --remove {brought.name}"
    yield (
        f"  labkit import {_quoted(source)} --as {brought.name} --options {','.join(wanted)} "
        "--review review"
    )
    yield "  labkit review review"
    yield "and then the import once more: it takes in what was accepted."


def _quoted(text: str) -> str:
    return f'"{text}"' if " " in text else text


def _many(count: int, one: str, more: str = "") -> str:
    return f"{count} {one if count == 1 else more or one + 's'}"


def _size(size: int | None) -> str:
    if size is None:
        return "size unknown"
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"
