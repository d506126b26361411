"""The marked project: a design of an image exchange is built, driven, broken, attacked, marked.

::

    marks = mark(Path("design.toml"))                 # by the brief of notebook 19
    marks                                             # criterion by criterion
    marks.passed
    document(marks)                                   # the design document, as Markdown
"""

from labkit.exchange.project.brief import Brief, briefs, draft, read_brief
from labkit.exchange.project.document import document
from labkit.exchange.project.marking import mark
from labkit.exchange.project.marks import Mark, Marks
from labkit.exchange.project.terms import CRITERIA

__all__ = [
    "CRITERIA", "Brief", "Mark", "Marks", "briefs", "document", "draft", "mark", "read_brief",
]  # fmt: skip
