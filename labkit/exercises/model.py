"""What an exercise is: the parts its author writes, what a check sees, what it answers.

A finished `Exercise` is a valid one: what is missing is said when the file is loaded.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from labkit.common import Citation
from labkit.common.errors import LabkitError, UsageError
from labkit.exercises.panel import Panel, Row, cut, show
from labkit.exercises.words import words

if TYPE_CHECKING:
    from labkit.lab import Lab

Outcome = Literal["passed", "failed", "blank", "unchecked"]


@dataclass(frozen=True)
class Wrong:
    """A mistake that people really make.

    Attributes
    ----------
    name
        What the check calls it, in small letters with hyphens: ``"asked-legacy"``.
    source
        The body of the cell of someone who makes it. It runs without an error.
    says
        What the learner is told when the check recognises it: what they did, and what it does.
    """

    name: str
    source: str
    says: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "source", _source(self.source))
        object.__setattr__(self, "says", _prose(self.says))
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", self.name):
            raise _author(
                f"the name of a wrong answer is small-letters-with-hyphens: {self.name!r}"
            )
        if len(self.says.split()) < 5:
            raise _author(f"wrong answer {self.name!r}: `says` is a sentence for the learner")
        _parse(self.source, f"the wrong answer {self.name!r}")


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """The parts of one exercise; sources may be indented and start on a new line.

    Attributes
    ----------
    blank
        The body of the cell as shipped. It runs without an error.
    reference
        The body of a right cell.
    explanation
        Why the reference is right, shown with it.
    hints
        Three or more, from a nudge to nearly there.
    wrong
        Two or more mistakes, each recognised by name.
    answer
        An expression whose value is handed to the check; ``""`` where only the world counts.
    expects
        The type (or types) of a usable answer; any other fails, and the check is not asked.
    given
        What the notebook's earlier cells leave behind, imports included; run before each attempt
        of ``labkit exercises verify``. The name ``lab`` is there already.
    fault
        The fault of the lab that it is about, where not every back end's servers can have it.
    secure
        Whether it is about the secure lab, ``open_lab(secure=True)``.
    """

    blank: str
    reference: str
    explanation: str
    hints: Sequence[str]
    wrong: Sequence[Wrong]
    answer: str = ""
    expects: type | tuple[type, ...] = object
    given: str = ""
    fault: str = ""
    secure: bool = False

    def __post_init__(self) -> None:
        for name in ("blank", "reference", "answer", "given"):
            object.__setattr__(self, name, _source(getattr(self, name)))
        object.__setattr__(self, "explanation", _prose(self.explanation))
        object.__setattr__(self, "hints", tuple(_prose(hint) for hint in self.hints))
        object.__setattr__(self, "wrong", tuple(self.wrong))
        if not self.blank:
            raise _author("`blank` is empty: the learner needs a cell to begin in")
        if len(self.explanation.split()) < 5:
            raise _author("`explanation` says why the reference is right, in a sentence or more")
        if len(self.hints) < 3 or not all(self.hints):
            raise _author(f"{len(self.hints)} hints: write three or more, none of them empty")
        if len(self.wrong) < 2:
            raise _author(f"{len(self.wrong)} wrong answers: record two or more")
        if self.answer:
            _parse(self.answer, "`answer`", mode="eval")
        _parse(self.given, "`given`")
        seen = {_parse(self.blank, "`blank`"): "`blank`"}
        sources = {"`reference`": self.reference}
        sources |= {f"the wrong answer {wrong.name!r}": wrong.source for wrong in self.wrong}
        if len(sources) < len(self.wrong) + 1:
            raise _author("two wrong answers have the same name")
        for name, source in sources.items():
            other = seen.setdefault(_parse(source, name), name)
            if other != name:
                raise _author(f"{name} is the same program as {other}")


class AnswerRaised(LabkitError):
    """A function that the learner wrote raised when the check called it."""


@dataclass(frozen=True)
class Work:
    """What a check looks at.

    Attributes
    ----------
    answer
        The value the learner handed in; ``None`` where the exercise asks for none.
    namespace
        The notebook's variables. For reading.
    """

    answer: Any = None
    namespace: Mapping[str, Any] = field(default_factory=dict, repr=False)
    find_lab: Callable[[], Lab] | None = field(default=None, repr=False)

    @property
    def lab(self) -> Lab:
        """The lab the notebook works on."""
        if self.find_lab is None:
            raise UsageError("this check looks at a lab, and none was given to it")
        return self.find_lab()

    def call(self, *arguments: Any, **keywords: Any) -> Any:
        """Call the answer, a function, and let the learner see what goes wrong inside it.

        Raises
        ------
        AnswerRaised
            The function raised; the verdict is "not yet", with the error as what was got.
        """
        try:
            return self.answer(*arguments, **keywords)
        except Exception as error:  # whatever a learner's own code may raise
            given = ", ".join(_told(value) for value in arguments)
            raise AnswerRaised(
                f"{type(error).__name__}: {error}, when called with {given or 'no arguments'}"
            ) from error


def _told(argument: Any) -> str:
    """Show what a function was called with in a line: of a header or a debrief, its type."""
    text = show(argument)
    return f"a {type(argument).__name__}" if "\n" in text or text.startswith(" ") else text


@dataclass(frozen=True)
class Verdict:
    """What a check found. Made by `passed`, `failed` and `blank`; shown as a panel.

    Attributes
    ----------
    outcome
        ``"passed"``, ``"failed"``, ``"blank"`` (not tried yet) or ``"unchecked"``.
    expected, got
        What would have been right and what was there, for the learner.
    rules
        The places in the standards that decide it.
    mistake
        The name of the recorded `Wrong` that this is, or ``""``.
    why
        One more sentence where these do not say it all.
    title, says, then
        Filled in by the engine: the exercise's title, the mistake's own words, what to do next.
    """

    outcome: Outcome
    expected: str = ""
    got: str = ""
    rules: tuple[Citation, ...] = ()
    mistake: str = ""
    why: str = ""
    title: str = ""
    says: str = ""
    then: str = ""

    def panel(self) -> Panel:
        """Return what the learner sees."""
        found = {
            words("row.expected"): self.expected,
            words("row.got"): self.got,
            words("row.why"): self.says,
            words("row.note"): self.why,
            words("row.rule"): "",
            words("row.next"): self.then,
        }
        rows = [
            Row(label, text, self.rules if label == words("row.rule") else ())
            for label, text in found.items()
            if text or (label == words("row.rule") and self.rules)
        ]
        return Panel(words(f"word.{self.outcome}"), self.title, tuple(rows))

    def __repr__(self) -> str:
        return repr(self.panel())

    def _repr_html_(self) -> str:
        return self.panel()._repr_html_()


def passed(why: str = "", *, rule: Citation | Sequence[Citation] = ()) -> Verdict:
    """Return the verdict of a right answer, with a sentence about what was found."""
    return Verdict("passed", why=why, rules=_rules(rule))


def blank(why: str = "") -> Verdict:
    """Return the verdict where nothing has been tried: the world is as it was."""
    return Verdict("blank", why=why)


def failed(
    *,
    expected: Any,
    got: Any,
    rule: Citation | Sequence[Citation] = (),
    mistake: str = "",
    why: str = "",
) -> Verdict:
    """Return the verdict of a wrong answer.

    Parameters
    ----------
    expected, got
        Text is shown as it stands; any other value with its type. For a text that the learner
        handed in, ``show(text)`` makes plain where it begins and ends.
    rule
        ``cite(...)``, or several.
    mistake
        The name of the exercise's `Wrong` that this is. Its ``says`` is then shown.
    why
        A sentence for a wrong answer that has no name.
    """
    wanted, had = (cut(v, 600) if isinstance(v, str) else show(v) for v in (expected, got))
    return Verdict("failed", wanted, had, _rules(rule), mistake, why)


def _rules(rule: Citation | Sequence[Citation]) -> tuple[Citation, ...]:
    return (rule,) if isinstance(rule, Citation) else tuple(rule)


def _source(text: str) -> str:
    """Return source without the indentation and the empty edges of a triple-quoted string."""
    return textwrap.dedent(text).strip("\n").rstrip()


def _prose(text: str) -> str:
    """Return prose with one line a paragraph; an indented line stays a line of its own."""
    lines: list[str] = []
    for line in inspect.cleandoc(text).splitlines():
        if lines and lines[-1] and line and not line.startswith(" "):
            lines[-1] += f" {line}"
        else:
            lines.append(line)
    return "\n".join(line for line in lines if line)


def _parse(source: str, name: str, mode: str = "exec") -> str:
    """Return what makes `source` the program it is, comments and spacing aside."""
    try:
        return ast.dump(ast.parse(source, mode=mode))
    except SyntaxError as error:
        raise _author(f"{name} is not Python: {error.msg}, line {error.lineno}") from None


def _author(message: str) -> UsageError:
    return UsageError(message, remedy="see docs/authoring.md, Exercises")
