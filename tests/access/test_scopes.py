"""SMART scopes: what is one, what it covers, how the two versions say it."""

import pytest

from labkit.access.scopes import Scope, ScopeError, granted_scopes, parse_scope, parse_scopes, to_v2


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("patient/ImagingStudy.rs", Scope("patient", "ImagingStudy", "rs")),
        ("user/*.cruds", Scope("user", "*", "cruds")),
        ("system/*.read", Scope("system", "*", "rs")),
        ("system/*.write", Scope("system", "*", "cud")),
        ("user/Observation.*", Scope("user", "Observation", "cruds")),
        (
            "patient/ImagingStudy.rs?modality=CT&status=available",
            Scope("patient", "ImagingStudy", "rs", (("modality", "CT"), ("status", "available"))),
        ),
        (
            "patient/Observation.r?category=http://loinc.org|1%202",
            Scope("patient", "Observation", "r", (("category", "http://loinc.org|1 2"),)),
        ),
    ],
)
def test_a_scope_is_read(text: str, scope: Scope) -> None:
    assert parse_scope(text) == scope
    assert parse_scope(str(scope)) == scope


@pytest.mark.parametrize(
    "text",
    [
        "", "patient", "patient/", "patient/ImagingStudy", "patient/ImagingStudy.",
        "patient/ImagingStudy.sr", "patient/ImagingStudy.rr", "patient/ImagingStudy.x",
        "everybody/ImagingStudy.r", "patient/imagingStudy.r", "Patient/ImagingStudy.r",
        "patient/ImagingStudy.rs?", "patient/ImagingStudy.rs?modality",
        "patient/ImagingStudy.rs?=CT", "patient/ImagingStudy.rs?modality=",
        "patient/*.rs?modality=CT", "patient/ImagingStudy.read?modality=CT", "openid",
        "patient/ImagingStudy.rs patient/Patient.r", "patient/ImagingStudy.rs\n",
    ],
)  # fmt: skip
def test_what_is_no_scope_is_told(text: str) -> None:
    with pytest.raises(ScopeError) as caught:
        parse_scope(text)
    assert caught.value.remedy


def test_scopes_of_a_token_are_read_without_the_others() -> None:
    assert parse_scopes("launch/patient openid patient/*.rs") == (Scope("patient", "*", "rs"),)
    with pytest.raises(ScopeError):
        parse_scopes("patient/*.rs made-up")


def test_version_1_as_version_2() -> None:
    assert (
        to_v2("launch patient/*.read user/Patient.write") == "launch patient/*.rs user/Patient.cud"
    )


@pytest.mark.parametrize(
    ("wide", "narrow", "covered"),
    [
        ("patient/*.rs", "patient/ImagingStudy.r", True),
        ("patient/*.rs", "patient/*.rs", True),
        ("patient/ImagingStudy.rs", "patient/*.rs", False),
        ("patient/*.rs", "user/ImagingStudy.r", False),
        ("user/*.r", "user/ImagingStudy.rs", False),
        ("user/*.rs", "user/ImagingStudy.rs?modality=CT", True),
        ("user/ImagingStudy.rs?modality=CT", "user/ImagingStudy.rs", False),
        ("user/ImagingStudy.rs?modality=CT", "user/ImagingStudy.rs?modality=MR", False),
        ("user/ImagingStudy.rs?a=1", "user/ImagingStudy.rs?a=1&b=2", True),
        ("user/ImagingStudy.rs?a=1&b=2", "user/ImagingStudy.rs?a=1", False),
    ],
)
def test_what_covers_what(wide: str, narrow: str, covered: bool) -> None:
    assert parse_scope(wide).covers(parse_scope(narrow)) is covered


def test_only_what_is_allowed_is_granted_as_it_was_written() -> None:
    asked = "patient/ImagingStudy.read patient/Patient.cruds offline_access launch patient/*.r"
    allowed = ["patient/*.rs", "offline_access"]
    assert granted_scopes(asked, allowed) == "patient/ImagingStudy.read offline_access patient/*.r"


def test_a_scope_in_words() -> None:
    said = parse_scope("patient/ImagingStudy.rs?modality=CT").words
    assert said == "read and search ImagingStudy of the one patient, only where modality = CT"
    assert parse_scope("system/*.cruds").words == (
        "create, read, update, delete and search all data of everybody"
    )
