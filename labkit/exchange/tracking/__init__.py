"""The management service for ImagingStudy and DocumentReference: what is where, and what happened.

::

    with Tracker(folder, sources) as tracker, TrackingService(tracker) as service:
        service.subscribe("FHIR")
        tracker.where_is(uid), tracker.history(uid), tracker.documents("Patient/thistlewick")

It learns of changes by Subscription and by polling, and counts each exactly once: a version of a
resource is one change, however often and in whichever order it is told of, and whatever is killed
in between.
"""

from labkit.exchange.tracking.listings import FindListing, QidoListing
from labkit.exchange.tracking.model import Document, Event, Events, Place, Whereabouts
from labkit.exchange.tracking.service import TrackingService
from labkit.exchange.tracking.sources import ArchiveSource, FhirSource, Listing
from labkit.exchange.tracking.tracker import Polled, Tracker

__all__ = [
    "ArchiveSource",
    "Document",
    "Event",
    "Events",
    "FhirSource",
    "FindListing",
    "Listing",
    "Place",
    "Polled",
    "QidoListing",
    "Tracker",
    "TrackingService",
    "Whereabouts",
]
