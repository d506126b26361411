"""Attributes that no object has: counts, collections, and where to retrieve from (PS3.4 C.3)."""

from __future__ import annotations

from dataclasses import dataclass

from labkit.pacs.keys import Level

_SERIES_OF_STUDY = "FROM series AS s2 WHERE s2.study = study.pk"
_IMAGES_OF_STUDY = (
    "FROM instance AS i2 JOIN series AS s2 ON i2.series = s2.pk WHERE s2.study = study.pk"
)
_STUDIES_OF_PATIENT = "FROM study AS t2 WHERE t2.patient = patient.pk"
_SERIES_OF_PATIENT = (
    "FROM series AS s2 JOIN study AS t2 ON s2.study = t2.pk WHERE t2.patient = patient.pk"
)
_IMAGES_OF_PATIENT = (
    "FROM instance AS i2 JOIN series AS s2 ON i2.series = s2.pk JOIN study AS t2 "
    "ON s2.study = t2.pk WHERE t2.patient = patient.pk"
)


@dataclass(frozen=True)
class Computed:
    """One such attribute.

    Attributes
    ----------
    level
        The entity it describes.
    value
        An SQL expression for its value, correlated with the entity's table.
    member
        For a collection: a subquery with one parameter-less condition to be appended, which gives
        the entities that have a member; ``""`` for a count, which is returned but not matched.
    column
        For a collection: the column of `member` that is compared.
    """

    level: Level
    value: str
    member: str = ""
    column: str = ""


def _collection(column: str, rows: str) -> str:
    return (
        f"(SELECT coalesce(group_concat(v, '\\'), '') FROM "
        f"(SELECT DISTINCT {column} AS v {rows} AND {column} <> '' ORDER BY v))"
    )


COMPUTED: dict[str, Computed] = {
    "ModalitiesInStudy": Computed(
        Level.STUDY,
        _collection("s2.q_Modality", _SERIES_OF_STUDY),
        "study.pk IN (SELECT s3.study FROM series AS s3 WHERE {})",
        "s3.q_Modality",
    ),
    "SOPClassesInStudy": Computed(
        Level.STUDY,
        _collection("i2.q_SOPClassUID", _IMAGES_OF_STUDY),
        "study.pk IN (SELECT s3.study FROM instance AS i3 JOIN series AS s3 ON i3.series = s3.pk "
        "WHERE {})",
        "i3.q_SOPClassUID",
    ),
    "NumberOfPatientRelatedStudies": Computed(
        Level.PATIENT, f"(SELECT count(*) {_STUDIES_OF_PATIENT})"
    ),
    "NumberOfPatientRelatedSeries": Computed(
        Level.PATIENT, f"(SELECT count(*) {_SERIES_OF_PATIENT})"
    ),
    "NumberOfPatientRelatedInstances": Computed(
        Level.PATIENT, f"(SELECT count(*) {_IMAGES_OF_PATIENT})"
    ),
    "NumberOfStudyRelatedSeries": Computed(Level.STUDY, f"(SELECT count(*) {_SERIES_OF_STUDY})"),
    "NumberOfStudyRelatedInstances": Computed(Level.STUDY, f"(SELECT count(*) {_IMAGES_OF_STUDY})"),
    "NumberOfSeriesRelatedInstances": Computed(
        Level.SERIES, "(SELECT count(*) FROM instance AS i2 WHERE i2.series = series.pk)"
    ),
}
