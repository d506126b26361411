"""What the model is told: sizes of messages and service times, from measurements or assumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from labkit.common.errors import DataError


@dataclass(frozen=True)
class Parameters:
    """Sizes in bytes on one line, times in seconds.

    Attributes
    ----------
    search
        A search and an empty answer.
    answer
        Each study in an answer.
    manifest
        Reading one manifest in an index, there and back.
    request
        Asking for images.
    wrapped
        Each object of a WADO-RS answer, beside its data set.
    connection
        Setting up a connection that is used again: its TLS handshake.
    stored
        A study that is sent on: association and handshake.
    stored_object
        Each object of it, beside its data set.
    announced
        A manifest that is sent to the index, with association and handshake.
    encryption
        Share that TLS adds to images.
    service_search, service_object, service_mbyte
        Seconds of an archive for a search, for each object that it reads or keeps, and for each
        megabyte of it.
    spread
        Of service times: sigma of the logarithm.
    measured
        Whether the times are of a measurement; else they are assumed.
    """

    search: float
    answer: float
    manifest: float
    request: float
    wrapped: float
    connection: float
    stored: float
    stored_object: float
    announced: float
    encryption: float
    service_search: float = 0.02
    service_object: float = 0.002
    service_mbyte: float = 0.005
    spread: float = 0.5
    measured: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain data, rounded."""
        return {
            key: value if isinstance(value, bool) else round(value, 5)
            for key, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Parameters:
        """Read what `to_json` gives.

        Raises
        ------
        DataError
            A parameter is missing or negative.
        """
        names = [field.name for field in fields(cls)]
        try:
            read = {name: data[name] for name in names}
        except KeyError as missing:
            raise DataError(
                f"The model's parameters lack {missing}.",
                remedy="Make them again: labkit exchange experiment --write",
            ) from missing
        for name, value in read.items():
            if value < 0:
                raise DataError(f"{name} is negative.", remedy="Fit the model again.")
        return cls(**read)
