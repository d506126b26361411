"""Citations and where they lead."""

import pytest

from labkit.common import cite

DICOM = "https://dicom.nema.org/medical/dicom/current/output/chtml"


@pytest.mark.parametrize(
    ("document", "section", "url"),
    [
        # Links as the standard's own pages give them: first sections have no page of their own.
        ("PS3.3", "C.7.6.3.1.2", f"{DICOM}/part03/sect_C.7.6.3.html#sect_C.7.6.3.1.2"),
        ("PS3.3", "C.7.6.16.2.10", f"{DICOM}/part03/sect_C.7.6.16.2.html#sect_C.7.6.16.2.10"),
        ("PS3.3", "A.1.2.3", f"{DICOM}/part03/chapter_A.html#sect_A.1.2.3"),
        ("PS3.3", "C.7.6.16.2.9b", f"{DICOM}/part03/sect_C.7.6.16.2.html#sect_C.7.6.16.2.9b"),
        ("PS3.4", "C.2.2.2.4", f"{DICOM}/part04/sect_C.2.2.2.4.html"),
        ("PS3.8", "9.3.4", f"{DICOM}/part08/sect_9.3.4.html"),
        ("PS3.4", "K", f"{DICOM}/part04/chapter_K.html"),
        ("PS3.5", "9", f"{DICOM}/part05/chapter_9.html"),
        ("PS3.2", "", f"{DICOM}/part02/ps3.2.html"),
        ("PS3.8", "Table 9-21", f"{DICOM}/part08/ps3.8.html"),
        ("FHIR R4", "imagingstudy", "https://hl7.org/fhir/R4/imagingstudy.html"),
        ("RFC 9110", "9.3.1", "https://www.rfc-editor.org/rfc/rfc9110"),
        ("IHE RAD", "TF-2 4.14", ""),
    ],
)
def test_url(document: str, section: str, url: str) -> None:
    assert cite(document, section).url == url


def test_spelling() -> None:
    assert str(cite("PS3.4", "C.2.2.2.1")) == "PS3.4 C.2.2.2.1"
    assert str(cite("PS3.2")) == "PS3.2"
    html = cite("PS3.5", "6.2")._repr_html_()
    assert html == f'<a href="{DICOM}/part05/sect_6.2.html">PS3.5 6.2</a>'
    assert cite("IHE RAD", "a<b")._repr_html_() == "IHE RAD a&lt;b"
