from labkit.lab.logtext import LogText, stable

LINES = (
    "2026-01-15T08:00:00.123Z ARCHIVE INFO #7 association from LEARNER at 127.0.0.1:50123",
    "2026-01-15T08:00:00.200Z ARCHIVE WARN #7 association rejected: called AE title WRONG",
)
LOG = LogText("ARCHIVE", LINES)


def test_it_is_a_sequence_of_lines() -> None:
    assert len(LOG) == 2
    assert list(LOG) == list(LINES)
    assert LOG[0] == LINES[0]
    assert LOG[1:].lines == LINES[1:]
    assert str(LOG) == LOG.text == "\n".join(LINES)


def test_searching() -> None:
    assert "rejected" in LOG
    assert "accepted" not in LOG
    assert LOG.having("REJECTED", "wrong").lines == LINES[1:]


def test_what_a_notebook_stores_has_no_time_and_no_address() -> None:
    assert repr(LOG) == (
        "ARCHIVE INFO #n association from LEARNER at <address>\n"
        "ARCHIVE WARN #n association rejected: called AE title WRONG"
    )
    assert stable("took 12.5 ms on port 11112") == "took <time> on port <port>"
    assert LOG._repr_html_().startswith("<pre style=")


def test_nothing_says_so() -> None:
    assert repr(LogText("ARCHIVE", ())) == "(nothing new in the log of ARCHIVE)"
