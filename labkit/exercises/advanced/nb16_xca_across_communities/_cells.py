"""What the notebook's cells leave behind, and how the exercises look at the exchange."""

from __future__ import annotations

from typing import Any

from labkit.exchange.transcript import Said
from labkit.exercises import Work

GIVEN = """
    from labkit.dicom.samples import sample
    from labkit.exchange.images import Images
    from labkit.exchange.manifests import read
    from labkit.exchange.parties import LAKESIDE, NORTH
    from labkit.exchange.xds import Answer, DocumentRequest, RegistryError, XdsError
    from labkit.dicom import transcode
    from labkit.dicom.transcode import encoded
    from pydicom.uid import (
        ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEGBaseline8Bit, JPEGLSLossless,
    )

    exchange = lab.communities(
        studies=[sample(slug).study_uid for slug in ("dx-chest", "dx-hand", "cr-chest-prior")]
    )
    north, lakeside = exchange
    marigold = NORTH.patient("NG-100457")
    beyond = north.beyond()
    (entry,) = beyond.find_documents(marigold)
    (document,) = beyond.retrieve([entry])
    manifest = read(document.data)
"""


def said(work: Work, transaction: str, kind: str = "response") -> list[Said]:
    """Return what the communities of the notebook have on record of a transaction."""
    exchange: Any = work.namespace.get("exchange")
    return [one for one in exchange.transcript.of(transaction) if one.kind == kind]
