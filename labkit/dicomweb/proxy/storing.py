"""STOW-RS by C-STORE: each object on, its status back, and a copy kept."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import BinaryIO

from labkit.common.errors import DataError, DimseError, LabkitError, NoPresentationContext
from labkit.dicomweb.proxy.cache import Cache
from labkit.dicomweb.proxy.listing import Listings
from labkit.dicomweb.proxy.pacs import Pacs
from labkit.dicomweb.proxy.settings import ProxySettings
from labkit.dicomweb.source import Outcome, Place
from labkit.dimse import identifier
from labkit.dimse.outgoing import Outgoing, gather
from labkit.pacs.header import read_header
from labkit.pacs.part10 import read_file_meta

_CANNOT_UNDERSTAND, _NOT_SUPPORTED = 0xC000, 0x0122


class Storing:
    """Stores into one PACS, one object after the other.

    Two at once are too many for dcmqrscp: its processes name a file after a hash of the SOP
    Instance UID and the second, and two that choose the same name write over each other's object
    (seen with 3.6.7: C000 for one of them).

    Parameters
    ----------
    settings
        Which one.
    pacs
        All of them, by name; the first where the settings name none.
    cache, listings
        What is kept of what was stored, and what has to be asked anew then.
    """

    def __init__(
        self, settings: ProxySettings, pacs: Mapping[str, Pacs], cache: Cache, listings: Listings
    ) -> None:
        self._pacs = pacs[settings.store_to or settings.upstreams[0].name]
        self._cache, self._listings = cache, listings
        self._turn = threading.Lock()

    def store(self, file: BinaryIO) -> Outcome:
        """Send one object on.

        Raises
        ------
        AssociationError, WebError
            The PACS cannot be reached; nothing is said of the object then.
        """
        place, sop_class = Place(), ""
        whole = file.read()
        try:
            file.seek(0)
            meta = read_file_meta(file)
            data = memoryview(whole)[meta.offset :]
            head = read_header(data, meta.transfer_syntax)
            place = Place(head["StudyInstanceUID"], head["SeriesInstanceUID"],
                          head["SOPInstanceUID"])  # fmt: skip
            sop_class = head["SOPClassUID"]
            (item,) = gather(whole)
            if item.problem:
                raise DataError(item.problem)
            return self._send(item, place, sop_class, data, head["PatientID"])
        except NoPresentationContext as error:
            return Outcome(place, sop_class, _NOT_SUPPORTED, text=error.message)
        except DataError as error:
            return Outcome(place, sop_class, _CANNOT_UNDERSTAND, text=error.message)

    def _send(
        self, item: Outgoing, place: Place, sop_class: str, data: memoryview, patient_id: str
    ) -> Outcome:
        known = self._has(place)
        with self._turn:
            status = self._pacs.store(item)
        self._listings.forget(place.study)
        self._cache.drop([place.instance])
        if not status:
            text = f"{self._pacs.name}: {status}" + (f" ({status.comment})" * bool(status.comment))
            return Outcome(place, sop_class, status.code, text=text)
        if status.code:  # B000, B006, B007: what it keeps is not what was sent
            text = f"{self._pacs.name}: {status}"
            return Outcome(place, sop_class, warning=status.code, text=text)
        if not known:
            self._keep(place, sop_class, item.transfer_syntax, data, patient_id)
        return Outcome(place, sop_class)

    def _has(self, place: Place) -> bool:
        """Whether it has an object of this UID already, which it may keep instead of this one."""
        try:
            return bool(self._pacs.find("IMAGE", identifier("IMAGE", **place.keys())))
        except (DimseError, NoPresentationContext):
            return True  # it does not tell; it may have one

    def _keep(
        self, place: Place, sop_class: str, syntax: str, data: memoryview, patient_id: str
    ) -> None:
        """Cache it, unless the PACS has it under another patient than it says."""
        try:
            listing = self._listings.of(place)
        except LabkitError:
            return  # it is stored all the same
        found = listing.items.get(place.instance)
        if found is None or found.pacs != self._pacs.name or found.patient_id != patient_id:
            return
        self._cache.add(place, sop_class, syntax, found.pacs, found.mark, data)
