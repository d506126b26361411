"""A data set in memory or in a Part 10 file: reading, pixels, hierarchy, and the sample data."""

from labkit.dicom.samples import (
    SampleOrder,
    SamplePatient,
    SampleStudy,
    orders,
    patients,
    real_file,
    real_files,
    sample,
    studies,
)

__all__ = [
    "SampleOrder",
    "SamplePatient",
    "SampleStudy",
    "orders",
    "patients",
    "real_file",
    "real_files",
    "sample",
    "studies",
]
