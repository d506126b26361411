"""Settings: what can be set, what cannot, and what survives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from labkit.common.errors import LabError, UsageError
from labkit.lab.settings import MODALITIES, Settings, table
from labkit.lab.settings_view import SettingsView

NODES = ("ARCHIVE", "WORKSTN", "LEGACY", "ROUTER", "WORKLIST")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "settings.json")


@pytest.mark.parametrize("name", [*NODES, *MODALITIES])
def test_every_default_is_a_value_that_may_be_set(settings: Settings, name: str) -> None:
    for key, setting in table(name).items():
        assert setting.check(setting.default) == setting.default, key
        assert setting.says
    settings.change(name, settings.of(name))
    assert settings.changed() == {}
    assert len(SettingsView(name, settings.of(name)).rows()) == len(table(name))


@pytest.mark.parametrize(
    ("name", "key", "value", "kept"),
    [
        ("ARCHIVE", "refused_classes", ["MRImageStorage"], ["1.2.840.10008.5.1.4.1.1.4"]),
        ("ARCHIVE", "transfer_syntaxes", ["ExplicitVRLittleEndian"], ["1.2.840.10008.1.2.1"]),
        ("ARCHIVE", "permissions", {"MR1": ["store", "echo"]}, {"MR1": ["echo", "store"]}),
        ("US2", "transfer_syntax", "1.2.840.10008.1.2", "1.2.840.10008.1.2"),
        ("MR1", "timeout", 0.5, 0.5),
    ],
)
def test_values_are_kept_over_a_restart(
    tmp_path: Path, settings: Settings, name: str, key: str, value: Any, kept: Any
) -> None:
    settings.change(name, {key: value})
    assert Settings(tmp_path / "settings.json").of(name)[key] == kept
    settings.forget()
    assert Settings(tmp_path / "settings.json").changed() == {}


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("ARCHIVE", "tls", 1),
        ("ARCHIVE", "accept_calling", ["A" * 17]),
        ("ARCHIVE", "max_pdu", True),
        ("ARCHIVE", "firewall", "ajar"),
        ("ARCHIVE", "known_hosts", ["MR1"]),
        ("ARCHIVE", "permissions", {"MR1": ["fly"]}),
        ("ARCHIVE", "permissions", {"MR1": "echo"}),
        ("ARCHIVE", "refused_classes", ["MRImage"]),
        ("ARCHIVE", "refused_classes", "MRImageStorage"),
        ("ARCHIVE", "transfer_syntaxes", "ExplicitVRLittleEndian"),
        ("ARCHIVE", "required", ["Accession"]),
        ("ARCHIVE", "required", "AccessionNumber"),
        ("ARCHIVE", "coerce", {"StudyDescription": "two\nlines"}),
        ("ARCHIVE", "room", -1),
        ("US2", "transfer_syntax", "JPEGLosslessSV1"),
        ("US2", "transfer_syntax", 5),
        ("MR1", "port", 0),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(
    settings: Settings, name: str, key: str, value: Any
) -> None:
    with pytest.raises(UsageError, match=f"{name}, {key}") as caught:
        settings.change(name, {"ae_title": "OTHER", key: value})
    assert caught.value.remedy
    assert settings.changed() == {}


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text('{"ARCHIVE": {"tls": "perhaps"}}')
    with pytest.raises(LabError, match=r"settings\.json cannot be used"):
        Settings(tmp_path / "settings.json")
