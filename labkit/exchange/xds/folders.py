"""Folders over time: who is put into one, and what takes a member's place (ITI TF-3 4.2.2.2.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from labkit.exchange.xds.model import HAS_MEMBER, REPLACES, Association, Submission
from labkit.exchange.xds.store import RegistryStore


def followed(store: RegistryStore, submission: Submission, ids: Callable[[], str]) -> Submission:
    """Put a document that replaces another into the folders of the old one.

    Each such tie is a member of the submission set too: it is this submission that made it.

    Parameters
    ----------
    submission
        With its final UUIDs.
    ids
        Makes an entryUUID.
    """
    new = {
        tie.targetObject: tie.sourceObject
        for tie in submission.associations
        if tie.type in REPLACES
    }
    there = {(tie.sourceObject, tie.targetObject) for tie in submission.associations}
    held = [tie for tie in store.associations(targets=new) if tie.type == HAS_MEMBER]
    folders = {folder.entryUUID for folder in store.folders({tie.sourceObject for tie in held})}
    made: list[Association] = []
    for tie in held:
        ends = (tie.sourceObject, new[tie.targetObject])
        if tie.sourceObject in folders and ends not in there:
            member = Association(HAS_MEMBER, *ends, entryUUID=ids())
            mine = submission.submission_set.entryUUID
            made += [member, Association(HAS_MEMBER, mine, member.entryUUID, entryUUID=ids())]
            there.add(ends)
    return replace(submission, associations=(*submission.associations, *made))


def touch(store: RegistryStore, submission: Submission, now: str) -> None:
    """Write the time into each folder that was made or got a member (ITI TF-3 4.2.3.4.6).

    Parameters
    ----------
    now
        DTM in UTC.
    """
    changed = {each.entryUUID for each in submission.folders}
    changed |= {tie.sourceObject for tie in submission.associations if tie.type == HAS_MEMBER}
    for folder in store.folders(changed):
        store.change(replace(folder, lastUpdateTime=now))
