"""Headers in, one at a time, in any order; mapped studies out."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate
from typing import Any, NamedTuple, TypeAlias

from pydicom.dataset import Dataset
from pydicom.tag import Tag

from labkit.common.errors import UsageError
from labkit.fhir.mapping.asread import PAIR, VR, Key, elements, values
from labkit.fhir.mapping.assembly import Assembly
from labkit.fhir.mapping.compiled import Compiled, Ready, compiled
from labkit.fhir.mapping.elements import Field, decoded, parse_source, read
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
_RECORDS = Key(Tag("DirectoryRecordSequence"))
#: What places an instance: when these are as they were, all but its own UID has been looked at.
_PLACING = (
    *(parse_source(keyword).steps[0] for keyword in (*_IDENTITY[:2], "SOPClassUID")), _RECORDS,
)  # fmt: skip


#: Most different values of a field that are remembered as bytes: each instance has a UID.
_KNOWN = 64


class _Keys(NamedTuple):
    """What tells headers apart; `placing` is ``None`` where it is not known from bytes alone."""

    placing: tuple[Any, ...] | None
    study: tuple[Any, ...]
    series: tuple[Any, ...]


#: Of an instance: its study, its series, its SOP class.
_Place: TypeAlias = "tuple[Gathered, Series, str]"


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
        self.compiled = compiled(self.table, fhir)
        self.fhir = fhir
        self.endpoint = _base(endpoint if endpoint is not None else self.site.dicomweb)
        self.lookup = lookup
        self.problems: list[Problem] = []
        self._studies: dict[str, Gathered] = {}
        self._identity = [parse_source(keyword) for keyword in _IDENTITY]
        self._same: dict[Any, Any] = {}
        self._placed: dict[Any, _Place] = {}
        scopes = self.compiled.scopes
        self._of_study, self._of_series = scopes["study"], scopes["series"]
        self._of_instance = list(scopes["instance"].sources.values())
        parts = [
            _PLACING, self._of_study.steps, self._of_series.steps,
            tuple(s.steps[0] for s in self._of_instance if len(s.steps) == 1),
        ]  # fmt: skip
        self._steps = [step for part in parts for step in part]
        self._ends = tuple(accumulate(map(len, parts[:3])))
        self._public = all(isinstance(step, Key) for step in self._steps)
        self._public &= len(parts[3]) == len(self._of_instance)
        self._known: list[dict[Any, Field]] = [{} for _ in self._of_instance]
        own = [n for n, s in enumerate(self._of_instance) if s == self._identity[2]]
        self._own = own[0] if own else None
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
        found = elements(ds, self._steps) if self._public else None
        keys = self._keys(ds, found)
        fields = self._fields(ds, found)
        sop_uid = _first(read(ds, self._identity[2]) if self._own is None else fields[self._own])
        place = self._placed.get(keys.placing) if keys.placing is not None else None
        origin = origin or sop_uid
        if place is None or not is_uid(sop_uid):
            if (place := self._place(ds, sop_uid, origin)) is None:
                return False
            if keys.placing is not None:
                self._placed[keys.placing] = place
        study, series, sop_class = place
        if keys.study not in study.variants:
            study.variants[keys.study] = self._of_study.read(ds, origin)
        if keys.series not in series.variants:
            series.variants[keys.series] = self._of_series.read(ds, origin)
        self._instance(study, series, sop_uid, fields, origin)
        if sop_class == KEY_OBJECT_SELECTION:
            study.rejected.update(withdrawn(ds, origin))
        if self._becomes is None or sop_class in self._becomes:
            self._object(study, sop_uid, ds, origin)
        return True

    def _place(self, ds: Dataset, sop_uid: str, origin: str) -> _Place | None:
        """Find the study and the series of an instance, or say why it is of none."""
        study_uid, series_uid = (_first(read(ds, s)) for s in self._identity[:2])
        sop_class = _first(read(ds, _SOP_CLASS))
        if sop_class == _DIRECTORY or _RECORDS in ds:
            self._refuse(origin, "a DICOMDIR lists instances and is none (PS3.10 8)")
            return None
        for keyword, uid in zip(_IDENTITY, (study_uid, series_uid, sop_uid), strict=True):
            if not is_uid(uid):
                said = f"{keyword} is {uid!r}, which is no UID" if uid else f"{keyword} is missing"
                self._refuse(origin, f"{said} (PS3.5 9.1)")
                return None
        sources = [s.text for s in self._of_instance]
        study = self._studies.setdefault(study_uid, Gathered(study_uid, sources))
        return study, study.series.setdefault(series_uid, Series(series_uid)), sop_class

    def _keys(self, ds: Dataset, found: list[Any] | None) -> _Keys:
        """Tell headers apart before any of it is decoded: then there are other values."""
        its = None if found is None else values(found[: self._ends[2]])
        if found is None or its is None:
            return _Keys(None, self._of_study.fingerprint(ds), self._of_series.fingerprint(ds))
        placing, study, series = self._ends
        place = (its[:placing], *map(VR, found[:placing]))
        return _Keys(place, its[placing:study], its[study:series])

    def _fields(self, ds: Dataset, found: list[Any] | None) -> tuple[Field, ...]:
        """Read what is kept of an instance; what a series says alike is decoded once."""
        if found is None:
            return tuple([self._interned(read(ds, source)) for source in self._of_instance])
        fields = []
        pairs = found[self._ends[2] :]
        for source, element, known in zip(self._of_instance, pairs, self._known, strict=True):
            pair = PAIR(element)
            field = known.get(pair, ...)
            if field is ...:
                field = decoded(pair[0], pair[1], source.steps[0])
                if field is ...:
                    field = read(ds, source)
                elif len(known) < _KNOWN:
                    known[pair] = field
            fields.append(field)
        return tuple(fields)

    def _instance(
        self, study: Gathered, series: Series, uid: str, fields: tuple[Field, ...], origin: str
    ) -> None:
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

    def _refuse(self, origin: str, words: str) -> None:
        self.problems.append(Problem("error", "rejected-instance", words, origin))

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
