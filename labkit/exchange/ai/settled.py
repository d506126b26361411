"""What highdicom draws at random, or takes from the clock, as this run wants it."""

from __future__ import annotations

from datetime import datetime

from pydicom.dataset import Dataset

from labkit.exchange.ai.identity import Identity

_DATES = ("InstanceCreationDate", "ContentDate", "SeriesDate")
_TIMES = ("InstanceCreationTime", "ContentTime", "SeriesTime")


def settled(ds: Dataset, names: Identity, made: datetime, description: str) -> Dataset:
    """Give a result its time, its description, and UIDs that follow from its input, in place.

    Dates and times of one object are in one zone, so Timezone Offset From UTC (0008,0201) is left
    to the source, and `made` is brought into that zone if the source names one.
    """
    date, time = made.strftime("%Y%m%d"), made.strftime("%H%M%S")
    for keyword in _DATES:
        if keyword in ds:
            setattr(ds, keyword, date)
    for keyword in _TIMES:
        if keyword in ds:
            setattr(ds, keyword, time)
    if "ObservationDateTime" in ds:
        ds.ObservationDateTime = date + time
    ds.SeriesDescription = description
    # It would say which release of the library wrote it: true, but not the same next year.
    ds.pop("ContributingEquipmentSequence", None)
    dimensions = names.uid("seg", "dimensions")
    for sequence in ("DimensionOrganizationSequence", "DimensionIndexSequence"):
        for item in ds.get(sequence, []):
            item.DimensionOrganizationUID = dimensions
    return ds
