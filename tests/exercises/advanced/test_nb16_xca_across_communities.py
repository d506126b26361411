"""Notebook 16: other right answers, other wrong ones, and a lab whose exchange is over."""

from __future__ import annotations

from labkit.lab import Lab
from tests.exercises.beginner.learner import falls_short, passes


def test_the_wire_is_looked_at_and_not_the_picture(lab: Lab) -> None:
    """Images that came earlier through the gateways are as good as new ones."""
    passes(
        lab, "xca-fetch-the-prior",
        """
    first = north.imaging().retrieve(manifest, home=entry.homeCommunityId)
    images = Images(dict(first.files))
    """,
    )  # fmt: skip
    falls_short(
        lab, "xca-fetch-the-prior",
        """
    images = Images({str(ds.SOPInstanceUID): encoded(ds)
                     for ds in sample("cr-chest-prior").datasets()})
    """,
        mistake="past-the-gateways",
    )  # fmt: skip


def test_series_by_series_and_with_the_issuer_is_right_too(lab: Lab) -> None:
    passes(
        lab, "xca-may-it-come-in",
        """
        def belongs(ds, manifest):
            for series in manifest.series:
                if series.uid == ds.SeriesInstanceUID:
                    return (manifest.study_uid == ds.StudyInstanceUID
                            and ds.SOPInstanceUID in [one.uid for one in series.instances]
                            and (ds.PatientID, ds.IssuerOfPatientID) == (
                                manifest.patient.id.value, manifest.patient.id.name))
            return False
        """,
    )  # fmt: skip


def test_parts_are_cut_by_searching_too(lab: Lab) -> None:
    passes(
        lab, "xca-cut-out-the-image",
        """
        def documents(content_type, data):
            boundary = content_type.split("boundary=")[1].split(";")[0].strip('" ').encode()
            found, rest = [], data
            while b"--" + boundary + b"\\r\\n" in rest:
                rest = rest[rest.index(b"--" + boundary) + len(boundary) + 4:]
                head, _, rest = rest.partition(b"\\r\\n\\r\\n")
                end = rest.index(b"\\r\\n--" + boundary)
                if b"xop+xml" not in head:
                    found.append(rest[:end])
                rest = rest[end + 2:]
            return found
        """,
    )  # fmt: skip


def test_an_empty_list_is_not_unknown(lab: Lab) -> None:
    falls_short(
        lab, "xca-is-that-all",
        """
        def told(ask):
            try:
                return "complete" if len(ask()) else "unknown"
            except Exception:
                return "unknown"
        """,
        mistake="something-is-all",
    )  # fmt: skip


def test_json_of_the_transcript_does_too(lab: Lab) -> None:
    passes(
        lab, "xca-whom-do-you-call",
        """
        def silent(messages):
            waiting = []
            for row in (said.to_json() for said in messages):
                if row["message"] == "request":
                    waiting.append((row["transaction"], row["from"], row["to"]))
                else:
                    waiting.remove((row["transaction"], row["to"], row["from"]))
            return waiting
        """,
    )  # fmt: skip


def test_the_mail_parser_of_python_cuts_parts_too(lab: Lab) -> None:
    passes(
        lab, "xca-cut-out-the-image",
        """
        from email import message_from_bytes

        def documents(content_type, data):
            head = b"Content-Type: " + content_type.encode() + b"\\r\\n\\r\\n"
            parts = message_from_bytes(head + data).get_payload()
            return (p.get_payload(decode=True) for p in parts
                    if p.get_content_type() != "application/xop+xml")
        """,
    )  # fmt: skip
    falls_short(lab, "xca-cut-out-the-image", "documents = lambda content_type, data: b'DICM'")
    falls_short(lab, "xca-cut-out-the-image", "documents = lambda content_type, data: [1]")


def test_both_transfer_syntaxes_are_told(lab: Lab) -> None:
    passes(
        lab, "xca-what-the-viewer-reads",
        """
        images = north.imaging().retrieve(
            manifest, home=entry.homeCommunityId,
            transfer_syntaxes=["1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2"])
        """,
    )  # fmt: skip
    falls_short(
        lab, "xca-what-the-viewer-reads",
        """
        images = north.imaging().retrieve(
            manifest, home=entry.homeCommunityId, transfer_syntaxes=[JPEGLSLossless])
        """,
    )  # fmt: skip


def test_what_is_no_row_falls_short(lab: Lab) -> None:
    falls_short(
        lab, "xca-whom-do-you-call",
        "silent = lambda messages: [said for said in messages if said.kind == 'request']",
    )  # fmt: skip
    falls_short(lab, "xca-whose-number", "ids_there = lambda patient, authority, pix: 'LK-20871'")
