"""Which objects a query's parameters let through (ITI TF-2 3.18.4.1.2.3.7)."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable

from labkit.common.errors import UsageError
from labkit.exchange.xds.definitions import E, F, S
from labkit.exchange.xds.model import Author, Code, DocumentEntry, Folder, SubmissionSet
from labkit.exchange.xds.names import stable
from labkit.exchange.xds.problems import refuse
from labkit.exchange.xds.query import StoredQuery
from labkit.exchange.xds.rules import is_dtm

_CODES = {
    "ClassCode": "classCode",
    "TypeCode": "typeCode",
    "PracticeSettingCode": "practiceSettingCode",
    "HealthcareFacilityTypeCode": "healthcareFacilityTypeCode",
    "FormatCode": "formatCode",
}
_CODE_LISTS = {"EventCodeList": "eventCodeList", "ConfidentialityCode": "confidentialityCode"}


class Filter:
    """A query's conditions, read once and asked of each object.

    Raises
    ------
    XdsError
        A condition cannot be read.
    """

    def __init__(self, query: StoredQuery) -> None:
        self._query = query
        self._codes = {
            attribute: codes
            for name, attribute in _CODES.items()
            if (codes := _codes(query, f"{E}{name}"))
        }
        self._lists = {
            attribute: groups
            for name, attribute in _CODE_LISTS.items()
            if (groups := _code_groups(query, f"{E}{name}"))
        }
        self._content = _codes(query, f"{S}ContentType")
        self._folder = _code_groups(query, f"{F}CodeList")
        self._types = query.any(f"{E}Type") or (stable(),)
        self._references = query.all(f"{E}ReferenceIdList")
        self._sources = query.any(f"{S}SourceId")
        self._times = {
            (prefix, attribute): (
                _time(query, f"{prefix}{name}From"),
                _time(query, f"{prefix}{name}To"),
            )
            for prefix, name, attribute in (
                (E, "CreationTime", "creationTime"),
                (E, "ServiceStartTime", "serviceStartTime"),
                (E, "ServiceStopTime", "serviceStopTime"),
                (S, "SubmissionTime", "submissionTime"),
                (F, "LastUpdateTime", "lastUpdateTime"),
            )
        }
        self._authors = [like(each) for each in query.any(f"{E}AuthorPerson")]
        author = query.one(f"{S}AuthorPerson")
        self._submitters = [like(author)] if author else []

    def entry(self, entry: DocumentEntry) -> bool:
        """Whether a document is asked for."""
        return (
            entry.objectType in self._types
            and all(_is(getattr(entry, name), codes) for name, codes in self._codes.items())
            and all(_all_met(getattr(entry, name), groups) for name, groups in self._lists.items())
            and all(
                any(each in entry.referenceIdList for each in group) for group in self._references
            )
            and self._in_time(E, entry)
            and _written_by(entry.author, self._authors)
        )

    def submission_set(self, made: SubmissionSet) -> bool:
        """Whether a submission set is asked for."""
        return (
            (not self._content or _is(made.contentTypeCode, self._content))
            and (not self._sources or made.sourceId in self._sources)
            and self._in_time(S, made)
            and _written_by(made.author, self._submitters)
        )

    def folder(self, folder: Folder) -> bool:
        """Whether a folder is asked for."""
        return _all_met(folder.codeList, self._folder) and self._in_time(F, folder)

    def _in_time(self, prefix: str, what: object) -> bool:
        for (of, attribute), (start, stop) in self._times.items():
            if of != prefix or not (start or stop):
                continue
            value = getattr(what, attribute)
            # From is inside, To is not; an object without the time is in no period.
            if not value or (start and _full(value) < _full(start)):
                return False
            if stop and _full(value) >= _full(stop):
                return False
        return True


def like(pattern: str) -> re.Pattern[str]:
    """Make a pattern of SQL's LIKE: ``%`` any characters, ``_`` one."""
    # fnmatch's expressions do not backtrack, so nobody's pattern keeps the registry busy.
    escaped = "".join(f"[{c}]" if c in "*?[" else {"%": "*", "_": "?"}.get(c, c) for c in pattern)
    return re.compile(fnmatch.translate(escaped))


def _full(time: str) -> str:
    """Make times of different precision comparable: 2026 is the beginning of 2026."""
    return time.ljust(14, "0")


def _time(query: StoredQuery, name: str) -> str:
    value = query.one(name)
    if value and not is_dtm(value):
        raise refuse("XDSRegistryError", f"{name} is {value[:40]!r}, not YYYY[MM[DD[hh[mm[ss]]]]]")
    return value


def _codes(query: StoredQuery, name: str) -> tuple[Code, ...]:
    return tuple(_code(name, each) for each in query.any(name))


def _code_groups(query: StoredQuery, name: str) -> list[tuple[Code, ...]]:
    return [tuple(_code(name, each) for each in group) for group in query.all(name)]


def _code(name: str, text: str) -> Code:
    try:
        return Code.parse(text)
    except UsageError as error:
        raise refuse("XDSRegistryError", f"{name}: {error.message} {error.remedy}") from error


def _is(code: Code, wanted: Iterable[Code]) -> bool:
    return any(code.code == each.code and code.scheme == each.scheme for each in wanted)


def _all_met(codes: Iterable[Code], groups: Iterable[tuple[Code, ...]]) -> bool:
    have = tuple(codes)
    return all(any(_is(code, group) for code in have) for group in groups)


def _written_by(authors: Iterable[Author], patterns: list[re.Pattern[str]]) -> bool:
    if not patterns:
        return True
    return any(p.fullmatch(author.authorPerson) for author in authors for p in patterns)
