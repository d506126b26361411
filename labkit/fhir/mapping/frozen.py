"""A mapping in one file: what it was made with on one day is what a service maps by for years.

::

    Frozen.of(table, site, fhir="R4").save("mapping.json")
    Frozen.load("mapping.json", digest="5d0c…").map(datasets).bundle()

The file holds the rows, the site, the FHIR release and the endpoint; the version of labkit and the
digest of the code that carries rows out; and a SHA-256 of all that. The digest shows that a file
was changed, not by whom: keep it apart from the file, and give it to `Frozen.load`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

from pydicom.dataset import Dataset

from labkit import __version__
from labkit.common.errors import DataError, UsageError
from labkit.dicom import unread
from labkit.fhir.mapping.builder import StudyBuilder
from labkit.fhir.mapping.policy import Lookup
from labkit.fhir.mapping.site import Site
from labkit.fhir.mapping.study import MappedStudy, bundle, combine
from labkit.fhir.mapping.table import MappingTable, Row
from labkit.fhir.mapping.textfile import read_text
from labkit.fhir.mapping.trail import Problem

FORMAT = "labkit-frozen-mapping/1"
_KEYS = ("format", "labkit", "engine", "fhir", "endpoint", "site", "rows", "sha256")
#: What reads, writes and says, and has no part in what a data set becomes.
_BESIDE = frozenset({
    "__init__.py", "check.py", "commands.py", "difference.py", "explanation.py", "folder.py",
    "freezing.py", "frozen.py", "invariants.py", "output.py", "provenance.py", "run.py",
    "scale.py", "scale_command.py", "telling.py", "textfile.py",
})  # fmt: skip
#: What headers are read by besides pydicom: the values of most pass through it.
_READS = Path(unread.__file__).resolve()
_BLANK = {"source": "", "r4": "", "r5": ""}
_ANEW = "Freeze it anew with this labkit: labkit map --freeze FILE."


@dataclass(frozen=True)
class Mapped:
    """What data sets became.

    Attributes
    ----------
    studies
        In the order of their Study Instance UIDs.
    problems
        Contradictions, and data sets that belong to no study and are therefore in none.
    resources
        Of all studies; what two of them share is there once.
    """

    studies: tuple[MappedStudy, ...]
    problems: tuple[Problem, ...]
    resources: list[dict[str, Any]]

    def bundle(self, kind: str = "collection") -> dict[str, Any]:
        """Return a Bundle, ``"collection"`` or ``"transaction"``, of all studies."""
        site = self.studies[0].site if self.studies else None
        return bundle(self.resources, kind, site)


@dataclass(frozen=True)
class Frozen:
    """A mapping that does not change any more: made by `of`, read by `load`.

    Attributes
    ----------
    table, site
        What maps.
    fhir
        ``"R4"`` (4.0.1) or ``"R5"`` (5.0.0).
    endpoint
        Service base of DICOMweb for Endpoint.address; ``""`` for none.
    labkit
        The version of labkit that froze it.
    engine
        SHA-256 of the code that carried rows out then.
    """

    table: MappingTable
    site: Site
    fhir: str = "R4"
    endpoint: str = ""
    labkit: str = __version__
    engine: str = ""

    @classmethod
    def of(
        cls,
        table: MappingTable | None = None,
        site: Site | None = None,
        fhir: str = "R4",
        endpoint: str | None = None,
    ) -> Frozen:
        """Freeze a mapping: the packaged table and the empty site where they are left out.

        Raises
        ------
        UsageError
            Another FHIR release, or an endpoint that is no service base.
        """
        made = StudyBuilder(table, site, fhir, endpoint)
        rows = table if table is not None else MappingTable.load()
        return cls(rows, made.site, fhir, made.endpoint, __version__, engine())

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the whole mapping, 64 hexadecimal digits."""
        return _digest(self._body())

    def save(self, path: str | Path) -> Path:
        """Write the file; the same mapping gives the same bytes.

        Raises
        ------
        UsageError
            It cannot be written there.
        """
        target = Path(path)
        text = json.dumps({**self._body(), "sha256": self.digest}, indent=1, ensure_ascii=False)
        try:
            target.write_text(text + "\n", "utf-8", newline="\n")
        except OSError as error:
            raise UsageError(
                f"{target.name} cannot be written: {error.strerror}",
                remedy="Name a file in a folder that is there.",
            ) from error
        return target

    @classmethod
    def load(
        cls, path: str | Path, *, digest: str = "", engine: Literal["same", "any"] = "same"
    ) -> Frozen:
        """Read a file that `save` wrote, and refuse anything else.

        Parameters
        ----------
        digest
            The SHA-256 that it must have. Without it, only accidents are noticed: who changes a
            file on purpose can write a new digest into it.
        engine
            ``"any"`` takes a mapping that another labkit froze. Its rows are the same, and what
            they are carried out by is not: compare the results first.

        Raises
        ------
        DataError
            It was changed, is of another format, is not the one that `digest` names, or another
            labkit froze it.
        """
        name = Path(path).name
        data = _parsed(read_text(path, "frozen mapping"), name)
        found = data.pop("sha256")
        if _digest(data) != found:
            raise DataError(
                f"{name} was changed after it was frozen: its digest is not that of its content",
                remedy="Take the file as it was frozen; do not edit it, freeze another one.",
            )
        if digest and digest.lower().removeprefix("sha256:") != found:
            raise DataError(
                f"{name} is another mapping: sha256 {found}, and {digest} was asked for",
                remedy="Take the file that the digest was written down from.",
            )
        try:
            made = cls(
                MappingTable(Row(**{**_BLANK, **row}) for row in data["rows"]),
                Site(**data["site"]), data["fhir"], data["endpoint"], data["labkit"],
                data["engine"],
            )  # fmt: skip
            StudyBuilder(made.table, made.site, made.fhir, made.endpoint)
        except (TypeError, AttributeError, KeyError, ValueError, UsageError) as error:
            raise DataError(f"{name} cannot be used by labkit {__version__}: {error}",
                            remedy=_ANEW) from error  # fmt: skip
        made._check_engine(name, engine)
        return made

    def _check_engine(self, name: str, wanted: str) -> None:
        if wanted not in ("same", "any"):
            raise UsageError(f"there is no engine {wanted!r}", remedy='"same" or "any".')
        if wanted == "any" or (self.labkit, self.engine) == (__version__, engine()):
            return
        raise DataError(
            f"{name} was frozen by labkit {self.labkit} (engine {self.engine[:12]}), and this is "
            f"labkit {__version__} (engine {engine()[:12]}): the same rows may give other values",
            remedy='Install that labkit; or compare the results, then load(…, engine="any") or '
                   "freeze it anew.",
        )  # fmt: skip

    def map(self, datasets: Iterable[Dataset], *, lookup: Lookup | None = None) -> Mapped:
        """Map data sets; the same ones give the same resources, byte for byte, in any order.

        Parameters
        ----------
        datasets
            Headers or whole data sets, of one study or several; whole studies, for counts are
            those of what is given.
        lookup
            Finds references for types with the policy ``lookup``.
        """
        builder = StudyBuilder(self.table, self.site, self.fhir, self.endpoint, lookup=lookup)
        for ds in datasets:
            builder.add(ds)
        studies = tuple(builder.studies())
        resources, told = combine(studies)
        return Mapped(studies, (*builder.problems, *told), resources)

    def _body(self) -> dict[str, Any]:
        return {
            "format": FORMAT, "labkit": self.labkit, "engine": self.engine, "fhir": self.fhir,
            "endpoint": self.endpoint, "site": _said(self.site),
            "rows": [_said(row) for row in self.table],
        }  # fmt: skip


@cache
def engine() -> str:
    """Return the SHA-256 of the code and tables that carry rows out, line ends aside."""
    here, found = Path(__file__).resolve().parent, hashlib.sha256()
    folders = (here, here / "transforms", here / "tables")
    parts = [part for folder in folders for part in (*folder.glob("*.py"), *folder.glob("*.json"))]
    counted = sorted(p for p in parts if p.parent != here or p.name not in _BESIDE)
    for part in (*counted, _READS):
        text = part.read_text("utf-8")  # with line ends as they are on any system
        name = part.name if part == _READS else part.relative_to(here).as_posix()
        found.update(f"{name}\n{len(text)}\n{text}".encode())
    return found.hexdigest()


def _said(value: Row | Site) -> dict[str, Any]:
    """Return the fields that are not empty, in their order, as plain data."""
    plain = json.loads(json.dumps({f.name: getattr(value, f.name) for f in fields(value)},
                                  default=_plain))  # fmt: skip
    return {name: held for name, held in plain.items() if held}


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else list(value)


def _digest(body: dict[str, Any]) -> str:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _parsed(text: str, name: str) -> dict[str, Any]:
    remedy = "Give a file that was written by labkit map --freeze."
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{name} is no frozen mapping: {error}", remedy=remedy) from error
    if not isinstance(data, dict) or not str(data.get("format")).startswith("labkit-frozen-"):
        raise DataError(f"{name} is no frozen mapping", remedy=remedy)
    if data["format"] != FORMAT:
        raise DataError(
            f"{name} has the format {data['format']}, and labkit {__version__} reads {FORMAT}",
            remedy="Use the labkit that froze it, or freeze it anew.",
        )
    if tuple(data) != _KEYS:
        raise DataError(f"{name} was changed after it was frozen: a part is missing or added",
                        remedy="Take the file as it was frozen.")  # fmt: skip
    return data
