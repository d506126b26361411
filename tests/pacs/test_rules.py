"""Rules: which fits, what they decide, and what a rule file may not say."""

from __future__ import annotations

from datetime import time

import pytest

from labkit.dicom import sample
from labkit.pacs.header import Header
from labkit.pacs.rule_file import RuleError, read_rules
from labkit.pacs.rules import Arrived, RuleBook, Window, header_of

FILE = """match = "{match}"

[[rule]]
name = "no localisers"
when.description = "*LOCALI[SZ]ER*"
drop = "localisers are not kept"

[[rule]]
name = "night"
when.modality = ["CT", "MR"]
when.hours = "20:00-06:00"
send = ["ARCHIVE", "WORKSTN"]
calling_ae = "LAKESIDE"
set.InstitutionName = "Lakeside Clinic"

[[rule]]
name = "the rest"
send = "ARCHIVE"
transfer_syntax = "1.2.840.10008.1.2.5"
"""


def book(match: str = "first") -> RuleBook:
    return read_rules(FILE.replace("{match}", match))


def arrived(calling: str = "CT1", at: str = "12:00", **values: str) -> Arrived:
    return Arrived(calling, Header({"Modality": "CT", **values}, ""), time.fromisoformat(at))


def test_the_first_rule_that_fits_is_obeyed() -> None:
    noon, night = book().decide(arrived()), book().decide(arrived(at="23:30"))
    assert list(noon.routes) == ["ARCHIVE"]
    assert noon.obeyed[0].name == "the rest"
    assert list(night.routes) == ["ARCHIVE", "WORKSTN"]
    assert night.routes["ARCHIVE"].calling_ae == "LAKESIDE"
    assert "it is 12:00, not within 20:00-06:00" in str(noon)
    assert "the rest: 'night' came first" in str(night)


def test_all_rules_that_fit_and_the_first_for_each_destination() -> None:
    night = book("all").decide(arrived(at="05:59"))
    assert [rule.name for rule in night.obeyed] == ["night", "the rest"]
    assert night.routes["ARCHIVE"].name == "night"


@pytest.mark.parametrize("match", ["first", "all"])
def test_what_is_dropped_goes_nowhere(match: str) -> None:
    found = book(match).decide(arrived(SeriesDescription="Localizer 3 plane"))
    assert found.routes == {}
    assert found.dropped is not None
    assert "-> dropped: localisers are not kept" in str(found)


def test_it_is_never_sent_back() -> None:
    found = book().decide(arrived(calling="ARCHIVE"))
    assert found.routes == {}
    assert found.back
    assert "not back to ARCHIVE" in str(found)


def test_no_rule_fits() -> None:
    rules = read_rules('[[rule]]\nwhen.modality = "MG"\nsend = "ARCHIVE"\n')
    found = rules.decide(arrived())
    assert str(found) == "rule 1: modality is 'CT', not MG\n-> nowhere"


def test_a_data_set_in_memory() -> None:
    ds = sample("ct-head-followup").datasets()[0]
    rules = read_rules('[[rule]]\nwhen.body_part = "head"\nwhen.station = "CT?"\nsend = "A"\n')
    assert rules.decide(Arrived("X", header_of(ds), time(1))).routes


def test_windows() -> None:
    night = Window(time(20), time(6))
    assert time(20) in night
    assert time(5, 59) in night
    assert time(6) not in night
    assert time(12) not in Window(time(8), time(12))


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('match = "first"', 'match = "best"', 1, "match"),
        ("send = [", "sent = [", 12, "'sent' is not one of"),
        ("when.modality", "when.modalty", 10, "modalty"),
        ('"20:00-06:00"', '"8pm-6am"', 11, "hours"),
        ('"20:00-06:00"', '"25:00-06:00"', 11, "hours"),
        ('["ARCHIVE", "WORKSTN"]', '["ARCHIVE", "ROUTER"]', 12, "itself"),
        ('["ARCHIVE", "WORKSTN"]', "[]", 9, "either sends or drops"),
        ('["ARCHIVE", "WORKSTN"]', "5", 12, "list of texts"),
        ('["CT", "MR"]', "[1]", 10, "list of texts"),
        ('"LAKESIDE"', '"LAKESIDE RADIOLOGY"', 13, "16 is the most"),
        ("set.InstitutionName", "set.Institution", 14, "no attribute Institution"),
        ("set.InstitutionName", "set.StudyInstanceUID", 14, "does not change"),
        ("set.InstitutionName", "set.StudyDate", 14, "cannot be"),
        ("set.InstitutionName =", "set =", 14, "no table"),
        ('"1.2.840.10008.1.2.5"', '"1.2.840.10008.1.2.4.50"', 19, "is not one of"),
        ('send = "ARCHIVE"', "send = ARCHIVE", 18, "no TOML"),
        ('drop = "localisers are not kept"', 'drop = ""', 6, "no text"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(old: str, new: str, line: int, words: str) -> None:
    text = FILE.replace("{match}", "first")
    assert old in text
    with pytest.raises(RuleError) as caught:
        read_rules(text.replace(old, new, 1))
    assert (caught.value.line, words in caught.value.message) == (line, True), caught.value.message


def test_a_file_without_a_rule() -> None:
    with pytest.raises(RuleError, match=r"no \[\[rule\]\]"):
        read_rules("")
