"""Panels in other languages: looked up by their English words, and English where there are none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from labkit.exercises import languages
from labkit.exercises.attempts import attempt
from labkit.exercises.find import catalogue, find
from labkit.exercises.languages import Catalogue, current, pseudo, unlike
from labkit.exercises.model import Verdict, failed
from labkit.exercises.panel import Panel, Row
from labkit.exercises.words import WORDS, words
from labkit.lab import Lab

GERMAN = Catalogue(
    "de",
    {
        "Passed": "Richtig",
        "go on": "gehen Sie weiter",
        "{call} shows how": "{call} zeigt es",
        "{done} of {count}": "{done} von {count}",
        "The instructor of “{title}” has kept back {what}.": "Von „{title}“: {what} fehlt.",
        "the hints": "die Hinweise",
        "{0} and {1} differ": "{1} ist anders als {0}",
    },
)


@pytest.fixture
def language(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[pytest.MonkeyPatch]:
    monkeypatch.setenv("LABKIT_WORKSPACE", str(tmp_path / "lab"))
    monkeypatch.delenv("LABKIT_LANGUAGES", raising=False)
    languages._cached.cache_clear()
    yield monkeypatch
    languages._cached.cache_clear()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Passed", "Richtig"),
        ("Passed\nand a line of its own", "Richtig\nand a line of its own"),
        ('go on; solution("a-b") shows how', 'gehen Sie weiter; solution("a-b") zeigt es'),
        ("3 of 12", "3 von 12"),
        ("the end of it", "the end of it"),
        ("a sentence that shows how", "a sentence that shows how"),
        ("The instructor of “A” has kept back the hints.", "Von „A“: die Hinweise fehlt."),
        ("{a} and {b} differ", "{b} ist anders als {a}"),
        ("nobody has translated this", "nobody has translated this"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_text_is_said_as_far_as_there_are_words(text: str, said: str) -> None:
    assert GERMAN.say(text) == said
    assert Catalogue().say(text) == text


def test_source_in_a_panel_stays_and_links_too() -> None:
    panel = Panel("Passed", "Passed", (Row("cell", "Passed", code=True), Row("note", "Passed")))
    said = panel.said_in(GERMAN)
    assert (said.word, said.title, [row.text for row in said.rows]) == (
        "Richtig", "Richtig", ["Passed", "Richtig"],
    )  # fmt: skip


def test_german_is_there_and_says_what_is_known(language: pytest.MonkeyPatch) -> None:
    language.setenv("LABKIT_LANGUAGE", "de")
    assert set(WORDS.values()) <= current().words.keys()
    text = repr(failed(expected=words("expected.type", type="str"), got="as it came"))
    assert text.splitlines() == [
        "[NOCH NICHT] ", "  erwartet  ein Wert vom Typ str", "  gefunden  as it came",
    ]  # fmt: skip


@pytest.mark.parametrize("wanted", ["xx", "../de", "de.json", "d"])
def test_a_language_that_is_not_there_is_named_in_the_panel(
    language: pytest.MonkeyPatch, wanted: str
) -> None:
    language.setenv("LABKIT_LANGUAGE", wanted)
    text = repr(Verdict("passed", title="A title"))
    assert text.startswith("[PASSED] A title")
    assert "no catalogue of the language" in text
    assert "one of de" in text


@pytest.mark.parametrize(
    "content", ["", "[]", '{"format": "x"}', '{"format": "labkit-strings/1", "strings": {"a": 1}}']
)
def test_a_damaged_catalogue_is_named_and_nothing_is_lost(
    language: pytest.MonkeyPatch, tmp_path: Path, content: str
) -> None:
    (tmp_path / "de.json").write_text(content, encoding="utf-8")
    language.setenv("LABKIT_LANGUAGES", str(tmp_path))
    language.setenv("LABKIT_LANGUAGE", "de")
    text = repr(Verdict("passed", title="A title"))
    assert text.startswith("[PASSED] A title")
    assert "de.json is no catalogue" in text


def test_a_folder_of_ones_own_comes_first(language: pytest.MonkeyPatch, tmp_path: Path) -> None:
    entry = {"text": "Passed", "translation": "Geschafft"}
    data = {"format": languages.FORMAT, "language": "de", "strings": {"a": entry}}
    (tmp_path / "de.json").write_text(json.dumps(data), encoding="utf-8")
    language.setenv("LABKIT_LANGUAGES", str(tmp_path))
    language.setenv("LABKIT_LANGUAGE", "de")
    assert repr(Verdict("passed")).startswith("[GESCHAFFT]")


def test_what_a_translation_must_keep() -> None:
    text = "Ask `lab.archive` for {count}, see [here](a.md#b)"
    assert unlike(text, "Fragen Sie `lab.archive` nach {count}, siehe [dort](a.md#b)") == ""
    assert "{count}" in unlike(text, "Fragen Sie `lab.archive`, siehe [dort](a.md#b)")
    assert "`lab.archive`" in unlike(text, "Fragen Sie nach {count}, siehe [dort](a.md#b)")
    assert "a.md" in unlike(text, "`lab.archive` {count} [dort](ä.md#b)")


def test_the_pseudo_language_keeps_code_and_is_a_third_longer() -> None:
    said = pseudo('Ask `lab.archive` for {count} with hint("a-b"), in the [glossary](a.md)')
    assert "`lab.archive`" in said
    assert "{count}" in said
    assert 'hint("a-b")' in said
    assert "](a.md)" in said
    plain = "A sentence that is shown to the learner when the answer was not right."
    assert 1.25 <= len(pseudo(plain)) / len(plain) <= 1.6
    assert not set(pseudo(plain)) & set("abcdefghijklmnopqrstuvwxyz")


#: One whose exercises need no lab.
NOTEBOOK = "nb05_pixels"
ATTEMPTS = [
    (entry.slug, name)
    for entry in catalogue()
    if entry.notebook == NOTEBOOK
    for name in (
        *("blank", "reference", "garbage"),
        *(wrong.name for wrong in entry.load().exercise.wrong),
    )
]


@pytest.mark.parametrize(("slug", "name"), ATTEMPTS)
def test_exercises_prove_right_in_the_pseudo_language(
    language: pytest.MonkeyPatch, slug: str, name: str
) -> None:
    """A whole notebook's: the blank is blank, the reference passes, each mistake is recognised."""
    language.setenv("LABKIT_LANGUAGE", "pseudo")
    done = attempt(find(slug).load(), name, cast(Lab, None))
    assert done.ok, done.problem
    if name not in ("garbage", "blank"):
        title = find(slug).title
        assert pseudo(title) in done.feedback
        assert title not in done.feedback


def test_every_word_of_the_engine_is_in_one_place(
    language: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a language that knows only the engine's words, no other English is left in its panels."""
    import labkit

    marked = {text: f"«{text}»" for text in WORDS.values()}
    monkeypatch.setattr("labkit.exercises.panel.current", lambda: Catalogue("xx", marked))
    shown: list[Any] = [
        labkit.hint("which-order"), labkit.solution("which-order"), labkit.progress(),
        *(labkit.check("which-order", *answer) for answer in ((), (...,), (3,))),
    ]  # fmt: skip
    for each in shown:
        panel: Panel = (each if isinstance(each, Panel) else each.panel()).said_in(
            Catalogue("xx", marked)
        )
        assert panel.word.startswith("«")
        assert all(row.label.startswith("«") for row in panel.rows)
        then = [row.text for row in panel.rows if row.label in ("«next»", "«more»")]
        assert all("«" in text or re.fullmatch(r"hint\(.*\)", text) for text in then)
        assert all(cell.startswith("«") for cell in panel.table[0]) if panel.table else True
