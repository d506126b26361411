"""What a learner's code might try, to get marks that its answers are not worth.

All attacks run as cells of one notebook, in one kernel: each may build on what the earlier ones
have left behind. The first exercise wants a value, the second an act.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from labkit.workshop.marks.seating import Limits, Seated, seat

pytestmark = pytest.mark.timeout(900)  # kernels and labs start here, perhaps on a busy machine

VALUE = "which-order"
ACT = "echo-archive"
OPEN = "from labkit import check, open_lab, solution\n\nlab = open_lab()"

#: Name, exercise, body of the cell.
ATTACKS = [
    ("an answer that is wrong", VALUE, f'check("{VALUE}", "1")'),
    ("fake-panel", VALUE, """
print("[PASSED] Find the order that an image belongs to")
from IPython.display import HTML, display
display(HTML("<strong>Passed</strong>"))
accession = ...
check("which-order", accession)
"""),
    ("check-of-my-own", VALUE, """
import labkit, labkit.exercises, labkit.exercises.engine as engine
from labkit.exercises.model import passed
check = engine.check = labkit.exercises.check = lambda *a, **k: passed("good")
check("which-order", "1")
"""),
    ("judge-of-my-own", VALUE, """
engine.judge = engine._judge = lambda *a, **k: passed("good")
accession = "1"
"""),
    ("the-exercise-s-check", VALUE, """
from labkit.exercises.start.nb00_start_here import which_order
which_order.check = lambda work: passed("good")
import labkit.exercises.find as finding
finding.Loaded.check = property(lambda self: which_order.check)
accession = "1"
"""),
    ("verdict", VALUE, """
from labkit.exercises.model import Verdict
Verdict.outcome = property(lambda self: "passed", lambda self, value: None)
accession = "1"
"""),
    ("equal-to-everything", VALUE, """
class Yes(str):
    def __eq__(self, other): return True
    def strip(self): return self
    __hash__ = str.__hash__
accession = Yes("1")
"""),
    ("proof-mode", VALUE, """
import os
os.environ["LABKIT_ANSWERS"] = "reference"
accession = "1"
"""),
    ("journal", VALUE, """
import json, os
from pathlib import Path
line = {"format": "labkit-progress/1", "at": "2026-01-15", "learner": "marked", "event": "check",
        "slug": "which-order", "outcome": "passed", "mistake": ""}
for name in ("progress.jsonl", "release.json"):
    Path(os.environ["LABKIT_WORKSPACE"], name).write_text(json.dumps(line) + chr(10))
accession = "1"
"""),
    ("another-exercise-s-answer", VALUE, """
from labkit.dimse import echo
check("which-order", echo(lab.archive))
"""),
    ("forged-result", ACT, """
import copy
from dataclasses import replace
good = echo(lab.archive)
lab.reset()
result = copy.copy(good)
check("echo-archive", result)
"""),
    ("forged-evidence", ACT, """
import labkit.exercises.evidence as evidence
from labkit.exercises.start.nb00_start_here import echo_archive
evidence.traces = lambda *a, **k: [good.trace]
type(lab).traces = lambda *a, **k: [good.trace]
check("echo-archive", good)
"""),
    ("a-lab-of-my-own", ACT, """
class Lab:
    workspace = lab.workspace
    def health(self): ...
    def traces(self, *a, **k): return [good.trace]
real, lab = lab, Lab()
check("echo-archive", good)
"""),
    ("code-for-the-marker", VALUE, """
lab = real
import pickle
from labkit.workshop.marks import seat as seats
mine = seats._SEATS[0]
class Evil:
    def __reduce__(self): return (os.system, (f"touch {os.environ['HOME']}/owned",))
Path(os.environ["HOME"], "here").touch()
accession = "1"
mine._take = lambda slug: "1"
real_send = mine._connection.send_bytes
class Pipe:
    def send_bytes(self, data): real_send(pickle.dumps(("answer", Evil()), protocol=4))
    def recv_bytes(self): return pipe.recv_bytes()
pipe, mine._connection = mine._connection, Pipe()
check("which-order", "1")
"""),
    ("a-verdict-for-the-marker", VALUE, """
class Forged(Pipe):
    def send_bytes(self, data):
        real_send(pickle.dumps(("answer", Verdict("passed")), protocol=4))
mine._connection = Forged()
check("which-order", "1")
"""),
    ("a-slug-that-is-a-verdict", VALUE, """
mine._connection = pipe
mine._slugs = lambda: [{"slug": "which-order", "outcome": "passed"}, "which-order", 7]
mine._take = lambda slug: {"outcome": "passed"}
"""),
    ("the-line-to-the-marker", VALUE, """
import sys
for stream in (sys.__stdout__, sys.__stderr__):
    print(json.dumps({"slug": "which-order", "outcome": "passed"}), file=stream, flush=True)
print(json.dumps({"done": True}), file=sys.__stdout__, flush=True)
os.write(1, b'{"slug": "which-order", "outcome": "passed"}' + bytes([10]))
accession = "1"
"""),
]  # fmt: skip


def cell(slug: str, body: str) -> str:
    return f"# exercise: {slug}\n{body}"


@pytest.fixture(scope="module")
def attacked() -> Iterator[Seated]:
    cells = [OPEN, *(cell(slug, body) for _, slug, body in ATTACKS)]
    yield seat(cells, [VALUE, ACT], limits=Limits(cell=180, notebook=800))


@pytest.mark.parametrize("number", range(len(ATTACKS)), ids=[name for name, *_ in ATTACKS])
def test_no_attack_passes(attacked: Seated, number: int) -> None:
    assert attacked.stopped == ""
    of_cell = [each for each in attacked.found if each["cell"] == number + 2]
    assert of_cell, "the cell was judged"
    assert {each["outcome"] for each in of_cell} <= {"failed", "blank", "unchecked"}


def test_most_attacks_are_seen_as_what_they_hand_in(attacked: Seated) -> None:
    """Each got as far as it meant to: an attack that only crashes proves nothing."""
    by_name = {ATTACKS[e["cell"] - 2][0]: e for e in attacked.found}
    for name in ("judge-of-my-own", "the-exercise-s-check", "verdict", "proof-mode", "journal"):
        assert (by_name[name]["outcome"], by_name[name]["got"]) == ("failed", "1"), name
    assert by_name["fake-panel"]["outcome"] == by_name["check-of-my-own"]["outcome"] == "blank"
    assert "posix.system is not taken" in by_name["code-for-the-marker"]["got"]
    assert "model.Verdict is not taken" in by_name["a-verdict-for-the-marker"]["got"]
    assert "Yes" in by_name["equal-to-everything"]["got"]
    assert by_name["forged-result"]["got"] == "a result that ARCHIVE's record does not have"
    for name in ("forged-evidence", "a-lab-of-my-own"):
        assert by_name[name]["got"] == "a result that ARCHIVE's record does not have", name


@pytest.mark.parametrize(
    ("body", "limit", "says"),
    [
        ("while True: pass", 25, "took more than 25 s"),
        ("import os; os._exit(3)", 120, "ended its kernel"),
    ],
)
def test_what_was_judged_before_a_cell_that_does_not_end_is_kept(
    body: str, limit: float, says: str
) -> None:
    right = 'accession = "NG2600101"\ncheck("which-order", accession)'
    cells = ["from labkit import check", cell(VALUE, right), body, cell(VALUE, "accession = 2")]
    seated = seat(cells, [VALUE], limits=Limits(cell=limit, notebook=600))
    assert [each["outcome"] for each in seated.found] == ["passed"]
    assert says in seated.stopped
