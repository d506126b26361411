"""Headers of a study whose objects an old archive knows of and cannot send."""

from __future__ import annotations

from typing import Any

import pytest
from pydicom.dataset import Dataset

from labkit.common.errors import HttpError
from labkit.dicom import sample
from labkit.exchange.images import DicomwebImages
from labkit.exchange.manifests import Maker, gather
from labkit.exchange.parties import LAKESIDE

BONES = list(sample("nm-bone").datasets())
STUDY = str(BONES[0].StudyInstanceUID)


class Facade:
    """What a façade answers before an archive that does not send these objects."""

    def __init__(self, status: int, told: int | None) -> None:
        self._status, self._told = status, told

    def __enter__(self) -> Facade:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def metadata(self, study: str) -> list[Dataset]:
        raise HttpError("LEGACY ended the C-MOVE with 0xA702", status=self._status)

    def studies(self, **keys: Any) -> list[Dataset]:
        if self._told is None:
            return []
        ds = Dataset()
        ds.NumberOfStudyRelatedInstances = self._told
        return [ds]

    def instances(self, study: str, **keys: Any) -> list[Dataset]:
        """Answer with what was asked for and no more, as a search does."""
        fields = {*keys["includefield"], "StudyInstanceUID", "SeriesInstanceUID", "SOPClassUID",
                  "SOPInstanceUID"}  # fmt: skip
        answers = []
        for header in BONES:
            answer = Dataset()
            answer.update({e.tag: e for e in header if e.keyword in fields})
            answers.append(answer)
        return answers


def images(status: int, told: int | None) -> DicomwebImages:
    return DicomwebImages(lambda: Facade(status, told))  # type: ignore[arg-type, return-value]


def test_what_a_search_says_is_enough_for_a_manifest() -> None:
    headers = images(502, len(BONES)).headers(STUDY)
    maker = Maker.of(LAKESIDE)
    found, whole = (gather(h, "xds-i.b", maker=maker) for h in (headers, BONES))
    assert list(found.references) == list(whole.references)
    assert (found.patient, found.accession) == (whole.patient, whole.accession)
    assert found.modalities == whole.modalities == ("NM",)


@pytest.mark.parametrize("told", [len(BONES) + 1, None])
def test_a_search_that_does_not_tell_of_all_is_not_enough(told: int | None) -> None:
    with pytest.raises(HttpError, match="C-MOVE"):
        images(502, told).headers(STUDY)


def test_a_refusal_is_not_gone_round() -> None:
    with pytest.raises(HttpError):
        images(403, len(BONES)).headers(STUDY)


def test_a_study_that_is_not_there_has_no_headers() -> None:
    assert images(404, len(BONES)).headers(STUDY) == []
