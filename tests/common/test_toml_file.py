"""Settings in a TOML file: an error names the line, and no value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from labkit.common.errors import UsageError
from labkit.common.toml_file import TomlFile

TEXT = """# a comment
top = "x"

[one]
number = 5
share = 1
[[many]]
name = "a"
[[many]]
secret = "${CODE}x"
name = "b"
"""


@dataclass(frozen=True)
class Many:
    name: str
    secret: str = ""

    def __post_init__(self) -> None:
        if self.name == "bad":
            raise UsageError("name is bad.", remedy="Take another.")


@dataclass(frozen=True)
class One:
    number: int
    share: float = 0.5


def file(folder: Path, text: str = TEXT, **environment: str) -> TomlFile:
    path = folder / "x.toml"
    path.write_text(text, encoding="utf-8")
    return TomlFile.read(path, missing="Make it.", environment=environment)


def test_where_things_stand(tmp_path: Path) -> None:
    found = file(tmp_path)
    assert found.where("", "top") == "x.toml:2"
    assert found.where("one") == "x.toml:4"
    assert found.where("one", "share") == "x.toml:6"
    assert found.where("many", "name", 1) == "x.toml:11"
    assert found.where("many", "other", 1) == "x.toml:9", "the head of its section"
    assert found.where("nowhere", "x") == found.where("") == "x.toml"


def test_sections_become_what_they_mean(tmp_path: Path) -> None:
    found = file(tmp_path, CODE="s3cret")
    assert found.section(One, "one", found.data["one"]) == One(5, 1)
    many = [found.section(Many, "many", t, n) for n, t in enumerate(found.data["many"])]
    assert many == [Many("a"), Many("b", "s3cretx")]
    assert "s3cret" not in repr(found)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("number = 5", "nmber = 5"), "x.toml:5: [one] has no 'nmber'"),
        (("number = 5", "number = 5.5"), "x.toml:5: [one] number is of the wrong type"),
        (("number = 5", ""), "x.toml:4: [one] needs number"),
        (('name = "b"', "name = 1"), "x.toml:11: [[many]] name is of the wrong type"),
        (('name = "b"', 'name = "bad"'), "x.toml:11: [[many]] name is bad"),
        (('"${CODE}x"', '"${OTHER}"'), "x.toml:10: [[many]] secret: the variable OTHER"),
    ],
)
def test_an_error_names_the_line(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    found = file(tmp_path, TEXT.replace(*change), CODE="s3cret")
    with pytest.raises(UsageError) as caught:
        found.section(One, "one", found.data["one"])
        for number, table in enumerate(found.data["many"]):
            found.section(Many, "many", table, number)
    assert caught.value.message.startswith(says)
    assert caught.value.remedy and "s3cret" not in str(caught.value)


def test_sections_that_nobody_knows(tmp_path: Path) -> None:
    found = file(tmp_path)
    with pytest.raises(UsageError, match=r"x\.toml:2: there is no \[top\]"):
        found.sections(["one", "many"], lists=["many"])
    found = file(tmp_path, TEXT.replace('top = "x"', ""))
    with pytest.raises(UsageError, match=r"one is a list") as caught:
        found.sections(["one", "many"], lists=["one", "many"])
    assert "[[one]]" in caught.value.remedy
    with pytest.raises(UsageError, match=r"x\.toml:7: many is a section"):
        found.sections(["one", "many"])
    found.sections(["one", "many"], lists=["many"])


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"[one\n", b"a = \n", b"a = 1\na = 2\n"])
def test_what_is_no_toml(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.toml").write_bytes(data)
    with pytest.raises(UsageError, match="cannot be read"):
        TomlFile.read(tmp_path / "x.toml", missing="Make it.")
    with pytest.raises(UsageError, match="There is no"):
        TomlFile.read(tmp_path / "y.toml", missing="Make it.")
