"""``labkit proxy``: the check that says what an administrator has to enter, and new tokens."""

from __future__ import annotations

import hashlib
import json
import socket
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from labkit import cli
from labkit.common.errors import UsageError
from labkit.dimse import Peer
from labkit.lab import Lab
from tests.contract.pacs.servers import free_port


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["proxy", *arguments])


def written(folder: Path, peer: Peer, more: str = "", receive: int = 0) -> str:
    path = folder / "proxy.toml"
    text = f"[proxy]\nport = 8080\n{more}\n"
    text += f"[receive]\nport = {receive}\n" if receive else ""
    text += f'[[pacs]]\nae_title = "{peer.ae_title}"\nhost = "{peer.host}"\nport = {peer.port}\n'
    path.write_text(text, encoding="utf-8")
    return str(path)


def checked(path: str) -> tuple[int, dict[str, dict[str, Any]]]:
    result = run("--config", path, "--check", "--json")
    return result.exit_code, {row["layer"]: row for row in json.loads(result.stdout)}


def test_a_pacs_that_offers_c_get_is_well(lab: Lab, tmp_path: Path) -> None:
    path = written(tmp_path, lab.legacy)
    code, found = checked(path)
    assert code == 0 and found["C-GET"]["state"] == "ok"
    assert found["C-MOVE"]["state"] == "skipped", "there is no [receive]"
    said = run("--config", path, "--check").stdout
    assert "Every PACS is well." in said and "http://127.0.0.1:8080/dicom-web" in said
    assert "Nobody may use it" in said
    assert "PROXY" in str(lab.log("LEGACY"))


def test_the_entry_that_is_missing_is_printed(lab: Lab, tmp_path: Path) -> None:
    port = free_port()
    path = written(tmp_path, lab.legacy, 'ae_title = "FACADE"', receive=port)
    code, found = checked(path)
    assert code == 1 and "A801" in found["C-MOVE"]["said"]
    for layer in ("C-MOVE", "to enter"):
        entry = "\n".join(found[layer]["entry"])
        assert "FACADE" in entry and str(port) in entry
    lab.add_node("FACADE", "127.0.0.1", port)
    code, found = checked(path)
    assert code == 0 and found["C-MOVE"]["said"] == "1 object came to FACADE"


def test_a_port_in_use_is_no_failure(lab: Lab, tmp_path: Path) -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        code, found = checked(written(tmp_path, lab.legacy, receive=sock.getsockname()[1]))
    assert code == 0 and "in use" in found["C-MOVE"]["said"]


def test_a_pacs_that_is_not_there(lab: Lab, tmp_path: Path) -> None:
    lab.stop_node("LEGACY")
    code, found = checked(written(tmp_path, lab.legacy))
    assert code == 1 and found["TCP"]["state"] == "failed" and found["TCP"]["remedy"]
    assert "C-FIND" not in found and found["to enter"]["entry"]
    assert "Not well: LEGACY." in run("--config", str(tmp_path / "proxy.toml"), "--check").stdout


def test_no_way_to_retrieve_is_a_failure(lab: Lab, tmp_path: Path) -> None:
    """WORKSTN offers neither C-GET nor C-MOVE."""
    code, found = checked(written(tmp_path, lab.workstn))
    assert code == 1 and found["retrieve"]["state"] == "failed"
    assert "[receive]" in found["retrieve"]["remedy"]


def test_a_hook_that_is_not_there_is_found_out(lab: Lab, tmp_path: Path) -> None:
    path = written(tmp_path, lab.legacy, 'hooks = ["no.such:thing"]')
    error = run("--config", path, "--check").exception
    assert isinstance(error, UsageError) and "no.such:thing" in error.message and error.remedy
    path = written(tmp_path, lab.legacy, 'hooks = ["os.path:sep"]')
    assert "no function" in str(run("--config", path, "--check").exception)


def test_a_new_token() -> None:
    made = json.loads(run("--new-token", "--json").stdout)
    assert hashlib.sha256(made["token"].encode()).hexdigest() == made["token_sha256"]
    assert len(made["token"]) >= 40
    assert "token_sha256 = " in run("--new-token").stdout


@pytest.mark.parametrize("arguments", [(), ("--check",)])
def test_without_a_file_it_says_so(arguments: tuple[str, ...]) -> None:
    error = run(*arguments).exception
    assert isinstance(error, UsageError) and "docs/proxy.md" in error.remedy
