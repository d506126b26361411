"""Reading a router's rule file; what is wrong in it is said with its line."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from datetime import time
from pathlib import Path
from typing import Any

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.uid import UID, JPEG2000Lossless, RLELossless
from pydicom.valuerep import validate_value

from labkit.common.errors import LabkitError, UsageError
from labkit.dimse.peer import check_ae_title
from labkit.pacs.convert import NATIVE
from labkit.pacs.durable import replace_synced
from labkit.pacs.rules import CONDITIONS, Rule, RuleBook, Window

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SYNTAXES = frozenset((*NATIVE, str(JPEG2000Lossless), str(RLELossless)))
"""What a rule may have objects encoded in on the way: each of them loses nothing."""
_KEYS = ("name", "when", "send", "calling_ae", "set", "transfer_syntax", "drop")
_TEXTS = frozenset(
    ("AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UT")
)
"""Kinds of value that ``set`` may give: never a UID, which says what the object is."""
_HOURS = re.compile(r"(\d{2}):(\d{2})-(\d{2}):(\d{2})")


class RuleError(UsageError):
    """A rule file that cannot be used.

    Attributes
    ----------
    line
        Where, counted from 1; 0 if it is not known.
    """

    def __init__(self, problem: str, line: int = 0, *, remedy: str = "") -> None:
        place = f"line {line}: " if line else ""
        super().__init__(
            f"{place}{problem}", remedy=remedy or "Mend that line; the old rules stay in force."
        )
        self.line = line


def read_rules(text: str, *, own: str = "ROUTER") -> RuleBook:
    """Read a rule file.

    Parameters
    ----------
    text
        What stands in it.
    own
        The router's AE title: no rule may send to it.

    Raises
    ------
    RuleError
        It is no TOML, or a rule in it cannot be obeyed. Nothing of it counts then.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        raise RuleError(f"this is no TOML ({error})", int(found[1]) if found else 0) from error
    lines = text.splitlines()
    _known(data, ("match", "rule"), "the file", lines, 0)
    match = data.get("match", "first")
    if match not in ("first", "all"):
        raise RuleError(f'match is {match!r}, not "first" or "all"', _line(lines, "match", 0))
    rules = data.get("rule", [])
    if not isinstance(rules, list) or not rules:
        raise RuleError("there is no [[rule]]", remedy="Write one; [[rule]] begins each.")
    starts = [n for n, line in enumerate(lines) if re.match(r"\s*\[\[\s*rule\s*\]\]", line)]
    made = []
    for number, rule in enumerate(rules):
        start = starts[number] if number < len(starts) else 0
        made.append(_Reader(rule, number, lines, start, own).rule())
    return RuleBook(tuple(made), match)


class _Reader:
    """Reads one rule."""

    def __init__(
        self, data: Mapping[str, Any], number: int, lines: list[str], start: int, own: str
    ) -> None:
        self._data, self._lines, self._start, self._own = data, lines, start, own
        self._name = str(data.get("name") or f"rule {number + 1}")

    def rule(self) -> Rule:
        data = self._data
        _known(data, _KEYS, self._name, self._lines, self._start)
        drop = self._text("drop")
        send = tuple(self._title(title, "send") for title in self._list("send", data.get("send")))
        if bool(send) == bool(drop):
            raise RuleError(
                f"{self._name}: a rule either sends or drops", self._at("send" if send else "name")
            )
        if self._own in send:
            raise RuleError(f"{self._name}: {self._own} cannot send to itself", self._at("send"))
        calling = self._text("calling_ae")
        if calling:
            calling = self._title(calling, "calling_ae")
        syntax = self._text("transfer_syntax")
        if syntax and syntax not in SYNTAXES:
            raise RuleError(
                f"{self._name}: {syntax} is not one of {', '.join(sorted(SYNTAXES))}",
                self._at("transfer_syntax"),
            )
        when, hours = self._when()
        return Rule(
            self._name, when, hours, send, calling, self._changes(), syntax and str(UID(syntax)),
            drop,
        )  # fmt: skip

    def _when(self) -> tuple[dict[str, list[str]], Window | None]:
        when = self._table("when")
        _known(when, CONDITIONS, f"{self._name}, when", self._lines, self._start)
        hours = None
        if "hours" in when:
            found = _HOURS.fullmatch(str(when["hours"]))
            try:
                times = [time(int(found[n]), int(found[n + 1])) for n in (1, 3)] if found else []
                hours = Window(*times) if times else None
            except ValueError:
                hours = None
            if hours is None:
                raise RuleError(
                    f"{self._name}: hours are written as 08:00-18:00", self._at("hours")
                )
        patterns = {k: self._list(k, v) for k, v in when.items() if k != "hours"}
        return patterns, hours

    def _changes(self) -> dict[str, str]:
        changes = {}
        for keyword, value in self._table("set").items():
            at = self._at(keyword)
            if tag_for_keyword(keyword) is None:
                raise RuleError(f"{self._name}: there is no attribute {keyword}", at)
            vr = dictionary_VR(keyword)
            if vr not in _TEXTS:
                raise RuleError(f"{self._name}: a router does not change {keyword}", at)
            try:
                validate_value(vr, str(value), 2)  # 2: raise
            except ValueError as error:
                raise RuleError(
                    f"{self._name}: {keyword} cannot be {value!r} ({error})", at
                ) from None
            changes[keyword] = str(value)
        return changes

    def _table(self, key: str) -> Mapping[str, Any]:
        value = self._data.get(key, {})
        if not isinstance(value, dict):
            raise RuleError(f"{self._name}: {key} is no table: {key}.x = …", self._at(key))
        return value

    def _text(self, key: str) -> str:
        value = self._data.get(key, "")
        if not isinstance(value, str) or (key in self._data and not value.strip()):
            raise RuleError(f"{self._name}: {key} is no text", self._at(key))
        return value.strip()

    def _list(self, key: str, value: object) -> list[str]:
        many = [value] if isinstance(value, str) else ([] if value is None else value)
        if not isinstance(many, list) or not all(isinstance(each, str) for each in many):
            raise RuleError(f"{self._name}: {key} is a text or a list of texts", self._at(key))
        return many

    def _title(self, title: str, key: str) -> str:
        try:
            return check_ae_title(title)
        except LabkitError as error:
            raise RuleError(f"{self._name}: {error.message}", self._at(key)) from error

    def _at(self, key: str) -> int:
        return _line(self._lines, key, self._start)


def _known(
    data: Mapping[str, Any], allowed: tuple[str, ...], what: str, lines: list[str], start: int
) -> None:
    for key in data:
        if key not in allowed:
            raise RuleError(
                f"{what}: {key!r} is not one of {', '.join(allowed)}", _line(lines, key, start)
            )


def _line(lines: list[str], key: str, start: int) -> int:
    """The line of a key within the rule that begins at `start`; that one if it is not seen."""
    pattern = re.compile(rf"""(^|[\s.{{,"']){re.escape(key)}["']?\s*[=.]""")
    for number, line in enumerate(lines[start:], start + 1):
        if number > start + 1 and re.match(r"\s*\[\[", line):
            break
        if pattern.search(line):
            return number
    return start + 1


class RuleKeeper:
    """The rules in force, and the file that keeps them over a restart.

    Parameters
    ----------
    path
        The file; there may be none.
    own
        The router's AE title.
    say
        Writes a line to the router's log: level and text.

    Attributes
    ----------
    book
        The rules in force; ``None`` while there are none.
    text
        What stands in the file they were read from.
    """

    def __init__(self, path: Path, own: str, say: Callable[[str, str], None]) -> None:
        self._path, self._own, self._say = path, own, say
        self.book: RuleBook | None = None
        self.text = ""
        if path.exists():
            try:
                self._take(path.read_text(encoding="utf-8"))
            except (RuleError, OSError, UnicodeDecodeError) as error:
                said = error.message if isinstance(error, RuleError) else str(error)
                say("ERROR", f"rules.toml cannot be used, there are no rules now: {said}")

    def load(self, text: str) -> None:
        """Have these rules in force from the next object on.

        Raises
        ------
        RuleError
            They cannot be used; those that were in force stay so.
        """
        try:
            self._take(text)
        except RuleError as error:
            self._say("WARNING", f"new rules refused, the old ones stay: {error.message}")
            raise
        replace_synced(self._path, text.encode("utf-8"))
        names = ", ".join(rule.name for rule in self.book.rules) if self.book else ""
        self._say("INFO", f"new rules: {names}")

    def clear(self) -> None:
        """Have no rules."""
        self.book, self.text = None, ""
        self._path.unlink(missing_ok=True)

    def _take(self, text: str) -> None:
        self.book, self.text = read_rules(text, own=self._own), text
