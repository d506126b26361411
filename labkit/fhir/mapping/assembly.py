"""From what was gathered of one study to its resources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from labkit.fhir.mapping.compiled import Compiled, Variant
from labkit.fhir.mapping.engine import Counted, Got, Writer
from labkit.fhir.mapping.gathered import Gathered, Series
from labkit.fhir.mapping.instances import Instances
from labkit.fhir.mapping.links import Context, resource_id, study_id
from labkit.fhir.mapping.policy import Lookup, References
from labkit.fhir.mapping.rejection import status_without_instances
from labkit.fhir.mapping.trail import Omission, Problem, Trail

#: Type → level of its rows, in the order in which such resources follow the ImagingStudy.
_LINKED = {
    "Patient": "patient", "ServiceRequest": "request", "Practitioner": "person",
    "Device": "device", "Endpoint": "endpoint",
}  # fmt: skip


class Assembly:
    """Makes the resources of one study, once; with a trail where one is wanted.

    Parameters
    ----------
    order
        Index of each series and instance, by UID: known from the first run, needed by a trail.
    """

    def __init__(
        self, study: Gathered, compiled: Compiled, ctx: Context, lookup: Lookup | None,
        trail: Trail | None = None, order: dict[str, int] | None = None,
    ) -> None:  # fmt: skip
        self.study, self.compiled, self.ctx, self.trail = study, compiled, ctx, trail
        self.order = order or {}
        self.refs = References(ctx, lookup)
        self.problems: list[Problem] = []

    def run(self) -> list[dict[str, Any]]:
        """Return the resources, ImagingStudy first."""
        study = {"resourceType": "ImagingStudy", "id": study_id(self.study.uid)}
        name = f"ImagingStudy/{study['id']}"
        series = [s for s in self.study.series.values() if self.study.kept(s)]
        made = [self._series(s, name) for s in series]
        made.sort(key=_number_then_uid)
        counts = {
            "#series": (str(len(made)),),
            "#instances": (str(sum(len(s.get("instance", ())) for s in made)),),
        }
        self._write(
            study, "ImagingStudy", "study", name, list(self.study.variants.values()), counts
        )
        self.refs.study = study
        if made:
            study["series"] = made  # type: ignore[assignment]
        elif self.study.rejected:
            study["status"] = status_without_instances(self.study.rejected.values())
        self._rejections(name)
        objects = self._objects()
        return [study, *self._linked(), *objects]

    def _write(
        self, target: dict[str, Any], kind: str, level: str, resource: str,
        variants: Sequence[Variant], counts: dict[str, Any], at: str = "",
    ) -> None:  # fmt: skip
        writer = Writer(resource, at or kind, self.ctx, self.trail)
        groups = self.compiled.of(kind, level)
        writer.write(target, groups, Counted(variants, counts), self.refs.resolve)
        self.problems.extend(writer.conflicts)

    def _series(self, series: Series, name: str) -> dict[str, Any]:
        at = f"ImagingStudy.series[{self.order.get(series.uid, 0)}]"
        kept = [i for i in series.instances.items() if i[0] not in self.study.rejected]
        out: dict[str, Any] = {}
        counts = {"#instances": (str(len(kept)),)}
        self._write(out, "ImagingStudy", "series", name, list(series.variants.values()), counts, at)
        groups = self.compiled.of("ImagingStudy", "instance")
        instances = []
        sources = self.study.instance_sources
        plain = Instances(groups, sources, self.ctx, self.refs.resolve)
        for uid, (fields, origin) in kept:
            if self.trail is None:
                instances.append(plain.write(fields, origin))
                continue
            one: dict[str, Any] = {}
            below = f"{at}.instance[{self.order.get(uid, 0)}]"
            variant = Variant(dict(zip(sources, fields, strict=True)), origin)
            self._write(one, "ImagingStudy", "instance", name, [variant], {}, below)
            instances.append(one)
        if instances:
            out["instance"] = sorted(instances, key=_number_then_uid)
        return out

    def _linked(self) -> list[dict[str, Any]]:
        """Make what the references need; making one may need another."""
        made: dict[tuple[str, str], dict[str, Any]] = {}
        while todo := sorted(set(self.refs.created) - set(made)):
            for key in todo:
                made[key] = self._one(*key)
        order = list(_LINKED)
        return [made[k] for k in sorted(made, key=lambda k: (order.index(k[0]), k[1]))]

    def _one(self, kind: str, number: str) -> dict[str, Any]:
        created = self.refs.created[kind, number]
        level = _LINKED[kind]
        out: dict[str, Any] = {"resourceType": kind, "id": number}
        headers = created.headers
        if created.link.ds is not None:
            headers = [self.compiled.scopes[level].read(created.link.ds, self.study.uid)]
        elif level == "endpoint":
            headers = [Variant({}, "site file")]
        self._write(out, kind, level, f"{kind}/{number}", headers, {})
        return out

    def _objects(self) -> list[dict[str, Any]]:
        out = []
        for uid in sorted(self.study.objects):
            if uid in self.study.rejected:
                continue
            for kind, written, missed in self.study.objects[uid]:
                out.extend(self._object(uid, kind, written))
                if self.trail is not None:
                    self.trail.omissions.extend(missed)
        return out

    def _object(self, uid: str, kind: str, written: Sequence[Got]) -> list[dict[str, Any]]:
        number = resource_id(kind, f"urn:oid:{uid}")
        one: dict[str, Any] = {"resourceType": kind, "id": number}
        whole: list[dict[str, Any]] = []
        for got in written:
            value = self.refs.resolve(got.value, ())
            if "." not in got.ready.path:
                for place, content in enumerate(value if isinstance(value, list) else [value]):
                    key = f"urn:oid:{uid}#{got.ready.row.id}#{place}"
                    resource = {"resourceType": kind, "id": resource_id(kind, key), **content}
                    Writer(f"{kind}/{resource['id']}", kind, self.ctx, self.trail).note(got, [""])
                    whole.append(resource)
            elif value not in (None, []):
                Writer(f"{kind}/{number}", kind, self.ctx, self.trail).one(one, got, value)
        return [*([one] if len(one) > 2 else []), *whole]

    def _rejections(self, name: str) -> None:
        if self.trail is None:
            return
        for uid, note in sorted(self.study.rejected.items()):
            self.trail.omissions.append(Omission(
                name, f"ImagingStudy.series.instance({uid})", "rejection", ("(0040,A375)",),
                "rejected", f"{note.meaning}, by {note.origin}", "IHE RAD, RAD-66",
            ))  # fmt: skip


def _number_then_uid(part: dict[str, Any]) -> tuple[int, str]:
    return part.get("number", 2**31), str(part.get("uid", ""))
