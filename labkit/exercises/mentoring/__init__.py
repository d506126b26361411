"""Mentoring: a colleague's design to review, and two interview questions as oral examinations.

::

    print(handed_over())                      # a design with mistakes in it, line by line
    drive(read_design(handed_over_text()))    # built, and what it does
    Comment(at="handed_over.toml:42", sees="…", follows="…", rule="…", asks="…?")

    oral("missing-study")                     # question, rubric and three candidates
    Score("Ashby", "network", level=1, line=2)
"""

from labkit.exercises.mentoring.driving import Drive, drive
from labkit.exercises.mentoring.examining import Judged, Score, judge_scores
from labkit.exercises.mentoring.orals import Candidate, Criterion, Oral, Reference, oral, orals
from labkit.exercises.mentoring.planted import (
    CLASSES,
    Numbered,
    Planted,
    Right,
    handed_over,
    handed_over_text,
    planted,
    right,
)
from labkit.exercises.mentoring.reviewing import Comment, Review, review

__all__ = [
    "CLASSES",
    "Candidate",
    "Comment",
    "Criterion",
    "Drive",
    "Judged",
    "Numbered",
    "Oral",
    "Planted",
    "Reference",
    "Review",
    "Right",
    "Score",
    "drive",
    "handed_over",
    "handed_over_text",
    "judge_scores",
    "oral",
    "orals",
    "planted",
    "review",
    "right",
]
