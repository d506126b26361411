"""Panels are the same everywhere: terminal, notebook, paper."""

from labkit.common import cite
from labkit.exercises.panel import Panel, Row, show


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError("no")


def test_show_is_short_and_the_same_in_every_run() -> None:
    assert show(...) == "nothing yet (...)"
    assert show(None) == "None"
    assert show(512) == "512 (int)"
    assert show(object()) == "<object object>"
    assert len(show("a" * 10_000)) < 320
    assert show(Broken()) == "(cannot be shown: RuntimeError) (Broken)"


def test_text_fits_a_terminal_and_keeps_long_words_whole() -> None:
    uid = "1.2.826.0.1.3680043.10.1234." + "5" * 36
    panel = Panel(
        "Not yet",
        "A title",
        (
            Row("got", "word " * 60 + uid),
            Row("rule", cites=(cite("PS3.4", "A.4"), cite("PS3.8", "9.3"))),
            Row("cell", "def f():\n\n    return 1", code=True),
            Row("note", "first\nsecond"),
        ),
    )
    text = repr(panel)
    assert text.startswith("[NOT YET] A title\n  got   word")
    assert all(len(line) <= 92 for line in text.splitlines() if uid not in line)
    assert uid in text
    assert "  rule  PS3.4 A.4; PS3.8 9.3" in text
    assert "  cell  def f():\n\n            return 1\n" in text
    assert text.endswith("  note  first\n        second")


def test_html_escapes_and_links() -> None:
    panel = Panel("Passed", "<b>", (Row("got", "<script>\nx"), Row("rule", cites=(cite("PS3.4"),))))
    html = panel._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;<br>x" in html
    assert 'href="https://dicom.nema.org' in html
    assert "color:" not in html.replace("background", "").replace("color:inherit", "")


def test_a_table_is_a_table_in_both() -> None:
    panel = Panel("Progress", "All", table=(("track", "solved"), ("beginner", "1 of 2")))
    assert repr(panel).splitlines()[1:] == ["  track     solved", "  beginner  1 of 2"]
    assert "<td" in panel._repr_html_()
