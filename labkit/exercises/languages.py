"""Other languages: what panels say is looked up in a catalogue, by the English words.

A catalogue is a file ``<language>.json`` (docs/translating.md). What it lacks stays English.
``LABKIT_LANGUAGE`` names the language, ``LABKIT_LANGUAGES`` a folder of more catalogues.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

from labkit.common.errors import UsageError

FORMAT = "labkit-strings/1"
VARIABLE, FOLDER_VARIABLE = "LABKIT_LANGUAGE", "LABKIT_LANGUAGES"
#: Accents on every letter and a third more of them: what breaks in it breaks in a real language.
PSEUDO = "pseudo"
#: Where a value comes into a text: ``{count}``, or ``{}``.
HOLE = re.compile(r"\{[a-z_0-9]*\}")

_NAME = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{2,8})*")
_WORD = re.compile(r"[A-Za-z]{2,}")
#: What stands in places of these names: a call, such as ``hint("echo-archive")``, and numbers. In
#: any other place stands anything.
_HELD = {"{call}": r"(\w+\(.*\))", "{at}": r"(\d+)", "{done}": r"(\d+)", "{count}": r"(\d+)"}


@dataclass(frozen=True)
class Catalogue:
    """The words of one language.

    Attributes
    ----------
    language
        ``"de"``; ``""`` for English as it stands.
    words
        Translations by their English text. Where that has holes, both have the same.
    trouble
        Why the catalogue that was asked for is not used; shown in each panel.
    """

    language: str = ""
    words: Mapping[str, str] = field(default_factory=dict, repr=False)
    trouble: str = ""

    def say(self, text: str) -> str:
        """Return `text` in this language: as a whole, else line by line, else as it is."""
        if not self.language or not text.strip():
            return text
        if self.language == PSEUDO:
            return pseudo(text)
        found = self._find(text)
        if found is None and "\n" in text:
            return "\n".join(self.say(line) for line in text.split("\n"))
        if found is None and "; " in text:  # what to do next, in two parts
            return "; ".join(self._find(part) or part for part in text.split("; "))
        return text if found is None else found

    def _find(self, text: str) -> str | None:
        if text in self.words:
            return self.words[text]
        for pattern, names, said in self._patterns:
            if match := pattern.fullmatch(text):
                values = [self.words.get(value, value) for value in match.groups()]
                return _filled(said, dict(zip(names, values, strict=True)))
        return None

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], list[str], str]]:
        """The texts with holes, those that say most first."""
        found = []
        for text, said in self.words.items():
            names = HOLE.findall(text)
            if not names or not _WORD.search(HOLE.sub("", text)):
                continue
            parts = [re.escape(part) for part in HOLE.split(text)]
            holes = [_HELD.get(name, "(.+?)") for name in names]
            pattern = "".join(part + hole for part, hole in zip(parts, [*holes, ""], strict=True))
            found.append((re.compile(pattern, re.DOTALL), names, said))
        return sorted(found, key=lambda each: -len(HOLE.sub("", each[0].pattern)))


def _filled(said: str, values: Mapping[str, str]) -> str:
    return HOLE.sub(lambda hole: values.get(hole[0], hole[0]), said)


def current() -> Catalogue:
    """Return the catalogue that the environment asks for; never raises."""
    return _cached(os.environ.get(VARIABLE, ""), os.environ.get(FOLDER_VARIABLE, ""))


@lru_cache(maxsize=8)
def _cached(language: str, folder: str) -> Catalogue:
    if language.lower() in ("", "en"):
        return Catalogue()
    if language == PSEUDO:
        return Catalogue(PSEUDO)
    try:
        strings = read(find(language, folder))
    except UsageError as error:
        return Catalogue(trouble=f"{error.message}, so this is English. {error.remedy}")
    return Catalogue(language, {text: said for text, said in strings.values() if said})


def folders(folder: str = "") -> list[Path]:
    """Return where catalogues are: the user's folder, then labkit's own."""
    own = Path(__file__).resolve().parent / "catalogues"
    return [Path(folder), own] if folder else [own]


def find(language: str, folder: str = "") -> Path:
    """Return the file of a language's catalogue.

    Raises
    ------
    UsageError
        There is none.
    """
    if _NAME.fullmatch(language):
        for place in folders(folder):
            if (file := place / f"{language}.json").is_file():
                return file
    known = sorted({file.stem for place in folders(folder) for file in place.glob("*.json")})
    raise UsageError(
        f"there is no catalogue of the language {language!r}",
        remedy=f"Set {VARIABLE} to one of {', '.join(known)}, or see docs/translating.md.",
    )


def read(file: Path) -> dict[str, tuple[str, str]]:
    """Read a catalogue: English text and translation, by id; ``""`` where there is none yet.

    Raises
    ------
    UsageError
        It cannot be read, or is not a catalogue.
    """
    remedy = "Write it with `labkit notebooks strings`, and fill in its translations."
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            raise ValueError(f"its format is {data['format']!r}, not {FORMAT!r}")
        return {
            name: (str(entry["text"]), str(entry.get("translation", "")))
            for name, entry in data["strings"].items()
        }
    except OSError as error:
        raise UsageError(f"{file.name} cannot be read ({error.strerror})", remedy=remedy) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{file.name} is no catalogue ({error})", remedy=remedy) from error


def unlike(text: str, said: str) -> str:
    """Say what a translation has changed that must not be; ``""`` where all is there.

    Holes, code and the targets of links are the same in every language.
    """
    for what, pattern in (
        ("a place for a value", HOLE),
        ("code", re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)),
        ("the target of a link", re.compile(r"\]\(([^)\s]+)\)")),
    ):
        if missing := _less(pattern.findall(text), pattern.findall(said)):
            return f"{what} is not in the translation: {missing}"
        if added := _less(pattern.findall(said), pattern.findall(text)):
            return f"{what} is in the translation alone: {added}"
    return ""


def _less(these: Iterable[str], those: Iterable[str]) -> str:
    rest = list(those)
    for each in these:
        if each not in rest:
            return each
        rest.remove(each)
    return ""


_PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ACCENTS = str.maketrans(_PLAIN, "áƀćďéƒǵĥíĵķĺḿńóṕɋŕśťúṽŵẋýźÁɃĆĎÉƑǴĤÍĴĶĹḾŃÓṔɊŔŚŤÚṼŴẊÝŹ")
_KEPT = re.compile(
    r"```.*?```|`[^`\n]+`|\]\([^)]*\)|\{[^}]*\}|<[^>]*>|\w+\(\"[^)]*\"\)|https?://\S+", re.DOTALL
)
_MORE = " ĺóńǵéŕ"


def pseudo(text: str) -> str:
    """Return `text` with an accent on every letter, a third longer; code and links stay."""
    out, at = [], 0
    for kept in _KEPT.finditer(text):
        out += [text[at : kept.start()].translate(_ACCENTS), kept[0]]
        at = kept.end()
    out.append(text[at:].translate(_ACCENTS))
    more = -(-sum(map(str.isalpha, text)) * 3 // (10 * len(_MORE)))
    return "".join(out) + _MORE * more
