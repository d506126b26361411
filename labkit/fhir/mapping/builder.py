"""Headers in, one at a time, in any order; mapped studies out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydicom.dataset import Dataset
from pydicom.tag import Tag

from labkit.common.errors import UsageError
from labkit.fhir.mapping.assembly import Assembly
from labkit.fhir.mapping.compiled import Compiled, Ready, Scope, Variant
from labkit.fhir.mapping.elements import Field, parse_source, read
from labkit.fhir.mapping.engine import Counted, raw, value_of
from labkit.fhir.mapping.gathered import Gathered, Series
from labkit.fhir.mapping.links import Context
from labkit.fhir.mapping.policy import Lookup
from labkit.fhir.mapping.private import with_private
from labkit.fhir.mapping.rejection import KEY_OBJECT_SELECTION, withdrawn
from labkit.fhir.mapping.site import Site
from labkit.fhir.mapping.study import MappedStudy
from labkit.fhir.mapping.table import MappingTable
from labkit.fhir.mapping.trail import REASONS, Omission, Problem, Trail
from labkit.fhir.mapping.transforms.plain import is_uid

_IDENTITY = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
_SOP_CLASS = parse_source("SOPClassUID")
_DIRECTORY = "1.2.840.10008.1.3.10"
_RECORDS = Tag("DirectoryRecordSequence")


class StudyBuilder:
    """Gathers instances and maps the studies that they make.

    Each instance is touched once, and only what the rows need is kept of it: the same words of a
    thousand slices are kept once. The result does not depend on the order.

    Parameters
    ----------
    table, site
        The mapping; the packaged table and the empty site if left out.
    fhir
        ``"R4"`` (4.0.1) or ``"R5"`` (5.0.0).
    endpoint
        Service base of DICOMweb for Endpoint.address; the site file's if left out.
    lookup
        Finds references for types with the policy ``lookup``.

    Raises
    ------
    UsageError
        Another FHIR version, or an endpoint that is no service base.
    """

    def __init__(
        self, table: MappingTable | None = None, site: Site | None = None, fhir: str = "R4",
        endpoint: str | None = None, *, lookup: Lookup | None = None,
    ) -> None:  # fmt: skip
        self.site = site if site is not None else Site()
        self.table = with_private(table if table is not None else MappingTable.load(), self.site)
        self.compiled = Compiled(self.table, fhir)
        self.fhir = fhir
        self.endpoint = _base(endpoint if endpoint is not None else self.site.dicomweb)
        self.lookup = lookup
        self.problems: list[Problem] = []
        self._studies: dict[str, Gathered] = {}
        self._identity = [parse_source(keyword) for keyword in _IDENTITY]
        self._same: dict[Any, Any] = {}
        scopes = self.compiled.scopes
        self._of_study, self._of_series = scopes["study"], scopes["series"]
        self._of_instance = list(scopes["instance"].sources.values())
        self._becomes = _object_classes(self.compiled)

    def add(self, ds: Dataset, origin: str = "") -> bool:
        """Take one instance; its pixels are not looked at, and `ds` is not kept.

        Parameters
        ----------
        ds
            The header: a whole data set, one read with ``stop_before_pixels``, or DICOM JSON.
        origin
            File name or UID, for the trail and for problems.

        Returns
        -------
        bool
            False if it cannot be part of any study; `problems` says why.
        """
        study_uid, series_uid, sop_uid = (_first(read(ds, s)) for s in self._identity)
        sop_class = _first(read(ds, _SOP_CLASS))
        origin = origin or sop_uid
        if sop_class == _DIRECTORY or _RECORDS in ds:
            return self._refuse(origin, "a DICOMDIR lists instances and is none (PS3.10 8)")
        for keyword, uid in zip(_IDENTITY, (study_uid, series_uid, sop_uid), strict=True):
            if not is_uid(uid):
                said = f"{keyword} is {uid!r}, which is no UID" if uid else f"{keyword} is missing"
                return self._refuse(origin, f"{said} (PS3.5 9.1)")
        sources = [s.text for s in self._of_instance]
        study = self._studies.setdefault(study_uid, Gathered(study_uid, sources))
        series = study.series.setdefault(series_uid, Series(series_uid))
        _vary(study.variants, self._of_study, ds, origin)
        _vary(series.variants, self._of_series, ds, origin)
        self._instance(study, series, sop_uid, ds, origin)
        if sop_class == KEY_OBJECT_SELECTION:
            study.rejected.update(withdrawn(ds, origin))
        if self._becomes is None or sop_class in self._becomes:
            self._object(study, sop_uid, ds, origin)
        return True

    def _instance(
        self, study: Gathered, series: Series, uid: str, ds: Dataset, origin: str
    ) -> None:
        fields = tuple(self._interned(read(ds, source)) for source in self._of_instance)
        have = series.instances.get(uid)
        if have is None:
            series.instances[uid] = (fields, origin)
        elif repr(have[0]) != repr(fields):
            words = f"the SOP Instance UID {uid} is also that of {have[1]}, with another header"
            study.problems.append(Problem("error", "duplicate", words, origin))
            series.instances[uid] = min(have, (fields, origin), key=repr)

    def _interned(self, field: Field) -> Field:
        """Return the same object for equal fields: the SOP class of a series is kept once."""
        try:
            return self._same.setdefault(field, field)
        except TypeError:  # items of a sequence have no hash
            return field

    def _object(self, study: Gathered, uid: str, ds: Dataset, origin: str) -> None:
        """Map an instance that is a resource of its own now, so that its header can go."""
        scope, made = self.compiled.scopes["object"], []
        seen = Counted([scope.read(ds, origin)], {})
        for kind in self.compiled.kinds("object"):
            written, omitted = [], []
            for number, group in enumerate(self.compiled.of(kind, "object")):
                got, missed = value_of(group, seen, self._context(study.uid))
                if got is None and _whole(group):
                    continue  # a row that gives whole resources speaks for itself
                if got is None and number == 0:
                    break  # the first row of a type says whether an instance becomes one
                if got is not None:
                    written.append(replace(got, fields=tuple(map(raw, got.fields))))
                for ready, omit in missed:
                    omitted.append(Omission(
                        f"{kind} of {uid}", ready.path, ready.row.id,
                        tuple(s.tags for s in ready.sources), omit.reason,
                        omit.words or REASONS[omit.reason], omit.section or ready.row.section,
                    ))  # fmt: skip
            if written:
                made.append((kind, written, omitted))
        if made:
            study.objects[uid] = made

    def _refuse(self, origin: str, words: str) -> bool:
        self.problems.append(Problem("error", "rejected-instance", words, origin))
        return False

    def _context(self, study_uid: str) -> Context:
        return Context(self.site, self.fhir, self.endpoint, study_uid)

    def studies(self) -> list[MappedStudy]:
        """Map every study that has come in so far, in the order of their UIDs."""
        return [self._mapped(self._studies[uid]) for uid in sorted(self._studies)]

    def _mapped(self, study: Gathered) -> MappedStudy:
        ctx = self._context(study.uid)
        first = Assembly(study, self.compiled, ctx, self.lookup)
        resources = first.run()

        def explain() -> Trail:
            trail = Trail()
            Assembly(study, self.compiled, ctx, self.lookup, trail, _order(resources[0])).run()
            return trail

        return MappedStudy(
            study.uid, resources, study.problems + first.problems, self.site, explain,
            dict(study.rejected),
        )  # fmt: skip


def _vary(variants: dict[Any, Variant], scope: Scope, ds: Dataset, origin: str) -> None:
    key = scope.fingerprint(ds)
    if key not in variants:
        variants[key] = scope.read(ds, origin)


def _first(field: Field) -> str:
    return str(field[0]) if field else ""


def _order(study: dict[str, Any]) -> dict[str, int]:
    order: dict[str, int] = {}
    for number, series in enumerate(study.get("series", ())):
        order[series.get("uid", "")] = number
        order.update((one.get("uid", ""), at) for at, one in enumerate(series.get("instance", ())))
    return order


def _object_classes(compiled: Compiled) -> frozenset[str] | None:
    """Return the SOP classes that may become a resource of their own; ``None`` for any."""
    found: set[str] = set()
    for kind in compiled.kinds("object"):
        groups = compiled.of(kind, "object")
        telling = [g for number, g in enumerate(groups) if number == 0 or _whole(g)]
        for ready in (ready for group in telling for ready in group):
            tests = [t for t in ready.tests if t.verb == "in" and t.source == _SOP_CLASS]
            if not tests:
                return None
            found.update(tests[0].values)
    return frozenset(found)


def _whole(group: list[Ready]) -> bool:
    """Whether the rows of a group give whole resources: ``ImagingSelection[]``."""
    return "." not in group[0].path


def _base(endpoint: str) -> str:
    """Check a DICOMweb base: R4 Endpoint.address is the base, never ``…/studies``."""
    text = endpoint.strip().rstrip("/")
    if not text:
        return ""
    if not text.startswith(("http://", "https://")) or text.endswith("/studies") or " " in text:
        raise UsageError(
            f"{endpoint!r} is no base of a DICOMweb service",
            remedy="give the part before /studies, such as https://pacs.example/dicom-web",
        )
    return text
