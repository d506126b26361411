"""A manifest after its study has changed: what takes the place of which, and what is different."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from labkit.common.errors import UsageError
from labkit.exchange.manifests.gather import manifest_uid
from labkit.exchange.manifests.model import Manifest

REPLACES = "RPLC"
"""The association of the new document to the old one (ITI TF-3 4.2.2.2.3)."""


@dataclass(frozen=True)
class Replacement:
    """The new manifest, and what is different in it.

    Attributes
    ----------
    manifest
        The new one; `write` makes its document, with a SOP Instance UID of its own.
    replaces
        SOP Instance UID of the old one: the target of the association RPLC, which deprecates it.
    added, removed
        SOP Instance UIDs.
    moved
        SOP Instance UIDs of what is in another series, or can be had elsewhere now.
    changed
        Attributes of the manifest that are different, such as ``patient``.
    """

    manifest: Manifest
    replaces: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    moved: tuple[str, ...]
    changed: tuple[str, ...]

    @property
    def needed(self) -> bool:
        """Whether anything is different: a replacement that changes nothing only makes noise."""
        return bool(self.added or self.removed or self.moved or self.changed)

    def __str__(self) -> str:
        kinds = (("added", self.added), ("removed", self.removed), ("moved", self.moved))
        parts = [f"{len(uids)} {word}" for word, uids in kinds if uids]
        parts += [f"{name} changed" for name in self.changed]
        return f"replaces {self.replaces}: {', '.join(parts) or 'nothing changed'}"


_COMPARED = ("title", "patient", "study_date", "study_time", "study_description", "accession",
             "requests", "procedures", "regions")  # fmt: skip


def replacement(before: Manifest, after: Manifest) -> Replacement:
    """Compare a published manifest with the one that is to replace it.

    A source that makes objects unavailable which it has published *shall* replace the manifest by
    one that does not list them (RAD TF-2 4.68.4.1.2.1).

    Raises
    ------
    UsageError
        They are of two studies, or they are one document: a replacement has a UID of its own.
    """
    if before.study_uid != after.study_uid:
        raise UsageError("A manifest is replaced by one of the same study.",
                         remedy="Publish the other study by itself.")  # fmt: skip
    if before.uid == after.uid:
        raise UsageError("Both are one document: a replacement has a UID of its own.",
                         remedy="Make the new one with another `when` or `uid`.")  # fmt: skip
    old, new = _places(before), _places(after)
    return Replacement(
        after, before.uid, tuple(uid for uid in new if uid not in old),
        tuple(uid for uid in old if uid not in new),
        tuple(uid for uid in new if uid in old and new[uid] != old[uid]),
        tuple(name for name in _COMPARED if getattr(before, name) != getattr(after, name)),
    )  # fmt: skip


def without(before: Manifest, uids: Iterable[str], *, when: datetime) -> Manifest:
    """Return the manifest without some objects, such as those of a rejection note.

    Parameters
    ----------
    when
        When the new manifest is made; its UID is made of that.

    Raises
    ------
    UsageError
        Nothing would be left: a manifest lists at least one object.
    """
    gone = set(uids)
    series = tuple(
        replace(one, instances=kept)
        for one in before.series
        if (kept := tuple(i for i in one.instances if i.uid not in gone))
    )
    if not series:
        raise UsageError(
            "Nothing would be left to list.",
            remedy="Deprecate the published manifest, or remove it (Remove Imaging Document "
            "option, RAD TF-1 18.2.5).",
        )
    after = replace(
        before, series=series, created_date=when.strftime("%Y%m%d"),
        created_time=when.strftime("%H%M%S"), uid="", problems=(),
    )  # fmt: skip
    return replace(after, uid=manifest_uid(after))


def _places(manifest: Manifest) -> dict[str, tuple[str, object]]:
    return {
        instance.uid: (series.uid, series.location)
        for series in manifest.series
        for instance in series.instances
    }
