"""``labkit manifest``: thin. Standard output holds what was asked for, all else goes beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labkit.common.errors import LabkitError, UsageError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from labkit.exchange.manifests.model import Manifest
    from labkit.exchange.manifests.resolve import Resolution

_UID = re.compile(r"[0-2](\.\d+){2,}")


def manifest(
    sources: Annotated[list[str], typer.Argument(
        metavar="SOURCE... [STUDY...]", show_default=False,
        help="Files, folders, aet://CALLED@host:port or https://… (DICOMweb), and Study Instance "
        "UIDs; with --read: manifests.")],
    flavour: Annotated[str, typer.Option(help="xds-i.b or mado.")] = "xds-i.b",
    site: Annotated[str, typer.Option(
        metavar="FILE|NAME", help="What the images do not say: a TOML file, north or lakeside.",
    )] = "",
    url: Annotated[str, typer.Option(
        metavar="URL", help="Base of DICOMweb, for Retrieve URL.")] = "",
    read: Annotated[bool, typer.Option(
        "--read", help="Read manifests, DICOM or FHIR, in place of making them.")] = False,
    against: Annotated[str, typer.Option(
        metavar="ADDRESS", help="With --read: what of it is at aet://… or https://….")] = "",
    fhir: Annotated[bool, typer.Option("--fhir", help="As FHIR documents.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
    out: Annotated[Path | None, typer.Option(
        metavar="DIR", help="Write each as a file: .dcm, or .json with --fhir.",
        show_default=False)] = None,
) -> None:  # fmt: skip
    """Make the manifest of each study, or read manifests.

    Exit code 1 if a study got none, or one that was read cannot be had in whole.
    """
    from labkit.exchange.manifests.fhir import to_fhir

    good = True
    told: list[dict[str, Any]] = []
    found = _read(sources) if read else _made(sources, flavour, site, url)
    for name, one in found:
        if isinstance(one, LabkitError):
            typer.echo(f"{name}: {one}", err=True)
            good = False
            continue
        if out is not None:
            typer.echo(str(_written(one, out, fhir)), err=as_json or fhir)
        if fhir:
            told.append(to_fhir(one))
        elif as_json:
            told.append(_json(one, against))
        else:
            _print(one)
        good = _resolved(one, against, quiet=as_json or fhir) and good
    if fhir or as_json:
        value = told[0] if len(told) == 1 else told
        typer.echo(json.dumps(value, indent=2, ensure_ascii=True))
    raise typer.Exit(0 if good else 1)


def _made(
    sources: list[str], flavour: str, site: str, url: str
) -> Iterator[tuple[str, Manifest | LabkitError]]:
    """Make the manifest of each study; one that cannot be made does not keep back the others."""
    from labkit.exchange.manifests.build import complete
    from labkit.exchange.manifests.gather import gather
    from labkit.exchange.manifests.site_file import maker_of
    from labkit.fhir.mapping.sources import Selection, open_source

    maker = maker_of(site, url=url)
    places = [text for text in sources if not _UID.fullmatch(text)]
    chosen = tuple(text for text in sources if _UID.fullmatch(text))
    if not places:
        raise UsageError("Where are the studies?",
                         remedy="Give files, folders, aet://… or https://…")  # fmt: skip
    source = open_source(places if len(places) > 1 else places[0], Selection(chosen))
    studies: dict[str, list[Dataset]] = {}
    for header in source:
        studies.setdefault(str(header.ds.get("StudyInstanceUID") or ""), []).append(header.ds)
    if not studies:
        raise UsageError("There is no study.", remedy="Look at what is there: labkit map --dry-run")
    for uid, datasets in studies.items():
        try:
            yield uid, complete(gather(datasets, flavour, maker=maker))
        except LabkitError as error:
            yield uid, error


def _read(sources: list[str]) -> Iterator[tuple[str, Manifest | LabkitError]]:
    from labkit.common.errors import DataError
    from labkit.exchange.manifests.fhir import from_fhir
    from labkit.exchange.manifests.reading import read

    for name in sources:
        path = Path(name)
        try:
            data = path.read_bytes() if path.is_file() else b""
            if data.lstrip()[:1] == b"{":
                try:
                    yield name, from_fhir(json.loads(data))
                except (ValueError, RecursionError) as error:
                    raise DataError(f"{path.name} is no JSON: {error}",
                                    remedy="Fetch it again.") from error  # fmt: skip
            else:
                yield name, read(path)
        except LabkitError as error:
            yield name, error


def _written(one: Manifest, out: Path, fhir: bool) -> Path:
    from labkit.dicom.guarded import file_name
    from labkit.exchange.manifests.fhir import to_fhir
    from labkit.exchange.manifests.writing import part10, write

    out.mkdir(parents=True, exist_ok=True)
    target = out / file_name(one.uid, ".json" if fhir else ".dcm")
    if fhir:
        target.write_text(json.dumps(to_fhir(one), indent=2, ensure_ascii=False), "utf-8")
    else:
        target.write_bytes(part10(write(one)))
    return target


def _json(one: Manifest, against: str) -> dict[str, Any]:
    from labkit.exchange.manifests.shown import to_json

    found = to_json(one)
    if against:
        found["resolution"] = _resolution(one, against).to_json()
    return found


def _print(one: Manifest) -> None:
    from labkit.exchange.manifests.check import check
    from labkit.exchange.manifests.shown import heading, rows

    typer.echo(heading(one))
    typer.echo(f"  {'series':<7} {'modality':<9} {'instances':<10} description")
    for number, modality, description, count, _ in rows(one):
        typer.echo(f"  {number:<7} {modality:<9} {count:<10} {description}")
    for place in one.locations:
        words = " ".join(filter(None, (place.url, place.uid, *place.ae_titles)))
        typer.echo(f"  to be had           {words}")
    for word, problems in (("odd", one.problems), ("missing", check(one))):
        for problem in problems:
            typer.echo(f"  {word:<8} {problem}")


def _resolved(one: Manifest, against: str, *, quiet: bool) -> bool:
    if not against:
        return True
    found = _resolution(one, against)
    typer.echo(f"  {found}", err=quiet)
    for each in found.instances:
        if each.state != "available":
            typer.echo(f"  {each.state:<9} {each.uid} {each.note}".rstrip(), err=quiet)
    return found.complete


def _resolution(one: Manifest, against: str) -> Resolution:
    from labkit.dicomweb.client import DicomwebClient
    from labkit.dimse import Peer
    from labkit.exchange.manifests.resolve import resolve

    if against.startswith(("http://", "https://")):
        return resolve(one, DicomwebClient(against))
    called = re.fullmatch(r"aet://([^@/]+)@([^:/@]+):(\d{1,5})/?", against)
    if not called:
        raise UsageError(
            f"{against!r} is no archive.", remedy="Write aet://CALLED@host:port, or https://…"
        )
    return resolve(one, Peer(called[1], called[2], int(called[3])))
