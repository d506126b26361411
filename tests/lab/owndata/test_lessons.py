"""Every notebook that says ``lab.study(…)`` runs on a study of the user's own, to its last cell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labkit.dicom import sample
from labkit.lab import Lab
from labkit.lab.owndata.index import Index
from labkit.lab.owndata.verbs import VARIABLE
from labkit.lab.workspace import VARIABLE as WORKSPACE
from labkit.lab.workspace import Workspace
from tests.docs.generate_own_data import HOME, on_own_data
from tests.lab.owndata.bringing import run
from tests.lab.owndata.studies import SECRETS, knee


@pytest.fixture(scope="module")
def mine(running_lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """The session's lab in its first state, and in it a knee that was imported."""
    running_lab.reset()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(WORKSPACE, str(running_lab.workspace))
        patch.setenv(VARIABLE, "a-knee")
        folder = tmp_path_factory.mktemp("own")
        knee(folder)
        assert run(folder, "--as", "a-knee", "--yes")[0] == 0
        yield Index(Workspace(running_lab.workspace))
        run("--remove", "a-knee")


@pytest.mark.parametrize("name", on_own_data())
def test_a_notebook_runs_on_it(
    name: str, mine: Index, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir((HOME / name).parent)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    handles = []
    for number, cell in enumerate(json.loads((HOME / name).read_text("utf-8"))["cells"]):
        if cell["cell_type"] == "code":
            source = "".join(cell["source"])
            exec(compile(source, f"{name}, cell {number}", "exec"), namespace)
            handles += ["lab.study(" in source]
    assert any(handles)
    used = namespace["lab"].study("ct-head")  # what all of its cells got
    assert used.own and used.StudyInstanceUID == mine.named("a-knee").StudyInstanceUID
    shown = capsys.readouterr().out
    assert not any(secret in shown for secret in SECRETS)


def test_an_exercise_says_that_it_may_be_about_the_sample(mine: Index, lab: Lab) -> None:
    from labkit.exercises.engine import judge
    from labkit.exercises.find import find

    lab.use("a-knee")
    slices = lab.study("ct-chest").pictures()
    answer = tuple(0.0 for _ in range(3))
    exercise = find("the-physicists-question").load()
    verdict = judge(exercise, answer, {"lab": lab, "ds": slices[0]})
    assert verdict.outcome == "failed" and "a-knee" in verdict.why
    lab.use(None)
    verdict = judge(exercise, answer, {"lab": lab, "ds": sample("ct-chest").datasets("CT")[0]})
    assert verdict.outcome == "failed" and "a-knee" not in verdict.why


def test_the_documents_are_current() -> None:
    from tests.docs.generate_own_data import TARGET, written

    assert TARGET.read_text("utf-8") == written(), "python -m tests.docs.generate_own_data"


def test_a_path_of_a_notebook_is_one() -> None:
    assert all(Path(HOME / name).exists() for name in on_own_data())
