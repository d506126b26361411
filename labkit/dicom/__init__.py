"""A data set in memory or in a Part 10 file: reading, pixels, hierarchy, and the sample data."""

from labkit.dicom.compare import differences
from labkit.dicom.edit import set_value
from labkit.dicom.fidelity import Fidelity, fidelity
from labkit.dicom.geometry import (
    distance_mm,
    orientation_labels,
    patient_point,
    pixel_spacing,
    sort_slices,
)
from labkit.dicom.header import header_rows
from labkit.dicom.hierarchy import tree
from labkit.dicom.layout import element_bytes
from labkit.dicom.pixels import hounsfield, modality_values, rendered, stored_values, unit, window
from labkit.dicom.reading import read
from labkit.dicom.samples import (
    SampleStudy,
    orders,
    patients,
    real_file,
    real_files,
    sample,
    studies,
)
from labkit.dicom.transcode import encoded, transcode, writable

__all__ = [
    "Fidelity",
    "SampleStudy",
    "differences",
    "distance_mm",
    "element_bytes",
    "encoded",
    "fidelity",
    "header_rows",
    "hounsfield",
    "modality_values",
    "orders",
    "orientation_labels",
    "patient_point",
    "patients",
    "pixel_spacing",
    "read",
    "real_file",
    "real_files",
    "rendered",
    "sample",
    "set_value",
    "sort_slices",
    "stored_values",
    "studies",
    "transcode",
    "tree",
    "unit",
    "window",
    "writable",
]
