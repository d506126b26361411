"""Make ``docs/orals.md``: how to run the two oral examinations, with the rubric of the notebook."""

# ruff: noqa: E501 - lines of tables

from __future__ import annotations

from pathlib import Path

from labkit.exercises.mentoring import Oral, orals

PAGE = Path(__file__).resolve().parents[2] / "docs" / "orals.md"
HEAD = """# Oral examinations

For instructors: the two interview questions of the skill guide, to be run with people. The learner's side is
[notebook 20](../notebooks/advanced/20_mentoring.ipynb), where they are examiners first and candidates afterwards;
the rubrics here are made of the same data by `python tests/docs/generate_orals.py`.

## How to run one

Ten minutes a question, and ten for marking. Two examiners: one asks, one writes down what is said, line by line.

| minute | what |
|---|---|
| 0 | Read the question aloud, word by word. Say that notes may be made, and that thinking aloud is welcome. |
| 0 to 6 | Listen. Answer what is asked of you from "the examiner tells"; say "not known" to all else. Do not nod at right answers. |
| 6 to 9 | One follow-up question for each criterion of which nothing was said, as printed. No second one: it would lead. |
| 9 to 10 | "Is there something that you would take back, or add?" Then end it. |

## How to mark

- Each examiner alone, before talking. Criterion by criterion through all candidates, not candidate by candidate.
- The line first, then the level whose description the line fulfils. No line, no points.
- What comes after a follow-up question counts as what comes before it: the question leaves the answer open.
- "I am not sure" takes nothing off. A fluent sentence adds nothing.
- Then compare. One level apart is agreement: take the lower one. Two apart: read the line together.
- A candidate who would do harm (changes several things at once, posts software's result as final, takes a number for a
  person) gets 0 for that criterion, whatever else was said of it.

The bands below are this workbook's proposal, not measured on candidates: 12 and more of 15, with no 0: may be on call, or
lead the design. 8 to 11: with somebody beside them. Under 8, or a 0 at *proof* or *results*: learn on, and come again.

## Feedback

The same day, five minutes: one line to keep and why, one line to change and what it would have led to, one act for next time.
About lines, never about the person.

"""


def page() -> str:
    """Write the page."""
    return HEAD + "\n".join(_one(each) for each in orals())


def _one(each: Oral) -> str:
    lines = [
        f"## {each.title}\n",
        each.sheet(),
        "",
        "How the three transcripts of the notebook are marked:\n",
    ]
    names = [candidate.name for candidate in each.candidates]
    lines += [f"| criterion | {' | '.join(names)} |", f"|---|{'---|' * len(names)}"]
    for criterion in each.criteria:
        found = [each.references[name, criterion.name] for name in names]
        cells = [f"**{one.level}** {one.because}" for one in found]
        lines.append(f"| {criterion.title} | {' | '.join(cells)} |")
    totals = [f"**{each.total(name)}** of 15" for name in names]
    return "\n".join([*lines, f"| total | {' | '.join(totals)} |", ""])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
