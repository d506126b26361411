"""A hybrid cloud: an archive on premise, a tier in an object store, an uploader that resumes."""

from labkit.exchange.cloud.costs import Disks, Month, Prices, Use, bill, dearer_from, leaving
from labkit.exchange.cloud.errors import (
    Damaged,
    KeyDestroyed,
    NotInStore,
    NotYet,
    StoreRefused,
    StoreUnreachable,
)
from labkit.exchange.cloud.keeping import Shredded
from labkit.exchange.cloud.keys import KeyFolder
from labkit.exchange.cloud.lifecycle import Ahead, Step, apply, kept_until, plan, prefetch
from labkit.exchange.cloud.records import Pack, Record
from labkit.exchange.cloud.sealing import seal, unseal
from labkit.exchange.cloud.store import Credentials, Held, ObjectStore
from labkit.exchange.cloud.tier import CloudTier, Moved
from labkit.exchange.cloud.uploading import Report, Told, Uploader

__all__ = [
    "Ahead", "CloudTier", "Credentials", "Damaged", "Disks", "Held", "KeyDestroyed", "KeyFolder",
    "Month", "Moved", "NotInStore", "NotYet", "ObjectStore", "Pack", "Prices", "Record", "Report",
    "Shredded", "Step", "StoreRefused", "StoreUnreachable", "Told", "Uploader", "Use", "apply",
    "bill", "dearer_from", "kept_until", "leaving", "plan", "prefetch", "seal", "unseal",
]  # fmt: skip
