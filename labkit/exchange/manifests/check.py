"""What a manifest lacks of what its profile asks for."""

from __future__ import annotations

from collections.abc import Iterator

from labkit.exchange.manifests.model import Issued, Manifest, Problem

_KOS = "RAD TF-2 4.68.4.1.2.1"
_FLAVOURS = ("xds-i.b", "mado")


def check(manifest: Manifest, flavour: str = "") -> tuple[Problem, ...]:
    """Compare a manifest with its profile.

    Parameters
    ----------
    flavour
        ``xds-i.b`` or ``mado``; the one its title says, if it is not given.

    Returns
    -------
    tuple of Problem
        Each with the rule. Empty where nothing is missing; what a reader noticed is not among them
        (`Manifest.problems`).
    """
    asked = flavour or manifest.flavour
    if asked == "mado":
        return tuple(_mado(manifest))
    if asked == "xds-i.b":
        return tuple(_xds(manifest))
    return (Problem("(0040,A043)", f"the title {manifest.title.meaning!r} is that of no manifest",
                    _KOS),)  # fmt: skip


def _xds(manifest: Manifest) -> Iterator[Problem]:
    if manifest.flavour != "xds-i.b":
        yield Problem("(0040,A043)", "the title is not (113030, DCM, Manifest)", _KOS)
    if manifest.patient.id is None:
        yield Problem("(0010,0020)", "no Patient ID: the document cannot be registered", _KOS)
    yield from _listed(manifest)
    # Which of them, RAD-68 leaves to the options of the source (RAD TF-1 18.2); one is needed.
    nowhere = sum(not series.location for series in manifest.series)
    if nowhere:
        yield Problem("(0008,1115)", f"{nowhere} series cannot be had anywhere: no Retrieve AE "
                      "Title, Retrieve Location UID or Retrieve URL", _KOS)  # fmt: skip


def _mado(manifest: Manifest) -> Iterator[Problem]:
    if manifest.flavour != "mado":
        yield Problem("(0040,A043)", "the title is not (MADOTEMP001, 99IHE, Manifest with "
                      "Description)", "MADO 6.X.2.9")  # fmt: skip
    yield from _patient(manifest)
    needed = (
        ("(0008,0020)", "Study Date", manifest.study_date, "MADO 6.X.2.6"),
        ("(0008,0030)", "Study Time", manifest.study_time, "MADO 6.X.2.6"),
        ("(0008,0070)", "Manufacturer", manifest.manufacturer, "MADO 6.X.2.7"),
        ("(0008,0080)", "Institution Name", manifest.institution, "MADO 6.X.2.7"),
        ("(0008,0201)", "Timezone Offset From UTC", manifest.timezone, "MADO 6.X.2.10"),
    )
    for tag, name, value, rule in needed:
        if not value:
            yield Problem(tag, f"{name} has no value", rule)
    yield from _requests(manifest)
    yield from _listed(manifest)
    unplaced = sum(not series.location.uid for series in manifest.series)
    if unplaced:
        yield Problem("(0040,E011)", f"{unplaced} series have no Retrieve Location UID",
                      "MADO 6.X.2.14")  # fmt: skip
    unnamed = sum(not series.modality for series in manifest.series)
    if unnamed:
        yield Problem("Image Library", f"{unnamed} series have no modality", "MADO 6.X.2.9")
    if not any(region.scheme_designator for region in manifest.regions):
        yield Problem("Image Library", "no coded Target Region of the study", "MADO 6.X.2.9")


def _patient(manifest: Manifest) -> Iterator[Problem]:
    patient = manifest.patient
    if patient.id is None:
        yield Problem("(0010,0020)", "Patient ID has no value", "MADO 6.X.2.5")
        return
    if not patient.id.authority:
        yield Problem("(0010,0024)", "nobody is named by OID who issued the Patient ID",
                      "MADO 6.X.2.5.1.1.3")  # fmt: skip
    same = [o for o in patient.others
            if (o.value, o.authority) == (patient.id.value, patient.id.authority)]  # fmt: skip
    if not same:
        yield Problem("(0010,1002)", "the Patient ID is not among Other Patient IDs",
                      "MADO 6.X.2.5.1.1.2")  # fmt: skip


def _requests(manifest: Manifest) -> Iterator[Problem]:
    rule = "MADO 6.X.2.11"
    if not manifest.requests:
        yield Problem("(0040,A370)", "Referenced Request Sequence has no item", "MADO 6.X.2.8")
    for request in manifest.requests:
        if request.accession is None:
            yield Problem("(0040,A370)", "a request has no Accession Number", rule)
        if _nameless(request.accession) or _nameless(request.placer):
            yield Problem("(0040,A370)", "nobody is named who issued a number of a request", rule)
    if len({r.accession for r in manifest.requests}) > 1 and manifest.accession:
        yield Problem("(0008,0050)", "the study has several accession numbers: this one shall be "
                      "empty", "MADO 6.X.2.6")  # fmt: skip
    if _nameless(manifest.accession):
        yield Problem("(0008,0051)", "nobody is named who issued the Accession Number",
                      "MADO 6.X.2.6")  # fmt: skip


def _nameless(identifier: Issued | None) -> bool:
    return identifier is not None and not identifier.authority


def _listed(manifest: Manifest) -> Iterator[Problem]:
    if not manifest.instance_uids:
        yield Problem("(0040,A375)", "nothing is listed", "PS3.3 Table C.17.6-2")
    if manifest.uid in manifest.instance_uids:
        yield Problem("(0040,A375)", "the manifest lists itself", "MADO 6.X.2.2")
    elsewhere = [s.uid for s in manifest.series if s.study_uid not in ("", manifest.study_uid)]
    if elsewhere:
        yield Problem("(0040,A375)", f"{len(elsewhere)} series are of another study",
                      "MADO 6.X.2.13")  # fmt: skip
    if manifest.is_rejection:
        yield Problem("(0040,A043)", f"a rejection note: {manifest.title.meaning}",
                      "RAD TF-2 4.66")  # fmt: skip
