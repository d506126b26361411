"""`python3 lab.py test`: every check, one after the other, and a summary at the end.

    python3 lab.py test                 everything but what is below; 25 minutes at most on 2 cores
    python3 lab.py test beginner        the notebooks of one track
    python3 lab.py test 03_the_header   one notebook, by its name or path
    python3 lab.py test browser         the journeys in a browser; --but-browser leaves them out of
                                        everything
    python3 lab.py test containers      the lab in containers; --with-engine starts a Docker engine
                                        where none runs (Debian, as root)
    python3 lab.py test long            kills, soak, random input, a million studies, benchmarks:
                                        hours; writes docs/reliability.md and docs/performance.md
    python3 lab.py test long --share 0.01 --seed 7
                                        a slice of it: minutes; the reports go to artifacts/long

Each part says whether it passed and how long it took; the exit code is 0 only if all did.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tooling import containers, engine
from tooling.console import Trouble, say
from tooling.environment import ROOT, set_up
from tooling.installer import clean_environment
from tooling.told import Told, reasons

TRACKS = ("start", "beginner", "intermediate", "advanced")
KEPT = ("LABKIT_CHROMIUM", "LABKIT_OHIF", "LABKIT_OHIF_FETCH")  # what tests/browser looks at
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "chrome")  # as tests/browser
OWN_CODE = ("labkit", "tooling", "benchmarks", "tests", "containers", "lab.py")
MINUTES = 45  # a part that takes longer hangs; all of them together should need less than 25
LONG_MINUTES = 300  # of the long ones
# Files of tests run side by side; a worker that dies is named with the test that it was at.
JOBS = str(min(4, os.cpu_count() or 1))
TOGETHER = ("-n", JOBS, "--dist", "loadfile")
_MEASURED = ("-m", "coverage", "run", "-m")

SEED = 20260115  # of the long run, unless another is asked for
FAILURES = "failures.txt"  # in artifacts: with CI set, why each step failed; .ci/run ends with it
GRACE = 30  # seconds for a step to tidy up when it is stopped


@dataclass(frozen=True)
class Step:
    """One check: a command line that the interpreter of .venv runs.

    Attributes
    ----------
    skip
        Why it cannot be run here; empty if it can.
    minutes
        It hangs if it takes longer.
    measured
        Whether the lines of `labkit` that it and its processes reach are counted.
    """

    name: str
    arguments: Sequence[str]
    skip: str = ""
    minutes: float = MINUTES
    measured: bool = False


@dataclass(frozen=True)
class Outcome:
    """How a step ended; `told`: the lines that tell why it failed, where they were kept."""

    name: str
    word: str
    seconds: float
    note: str = ""
    told: Sequence[str] = ()


def run(
    what: str,
    *,
    share: float = 1.0,
    seed: int = SEED,
    with_engine: bool = False,
    but_browser: bool = False,
) -> int:
    """Run the checks for `what`; the exit code is 0 only if each passed.

    `share` and `seed` are those of the long run; `with_engine` lets the checks of the containers
    start a Docker engine of their own where none runs; `but_browser` leaves the journeys out of
    everything, for who runs them besides.
    """
    if what == "containers":
        return _containers(with_engine)
    if what == "browser":
        return _run([_journey()])
    if what == "all":
        journey = _journey()
        return _run([step for step in _everything() if not but_browser or step != journey])
    if what == "long":
        return _long(share, seed)
    return _run([Step(f"notebooks: {what}", _notebooks(what))])


def _journey() -> Step:
    browser = any(map(shutil.which, CHROMIUM)) or "LABKIT_CHROMIUM" in os.environ
    missing = "" if browser else "no Chromium on this machine: NOTHING WAS SEEN IN A BROWSER"
    return Step("journey in a browser", ("-m", "pytest", "tests/browser"), missing)


def _everything() -> list[Step]:
    apart = [f"--ignore=tests/{name}" for name in ("notebooks", "browser", "resilience")]
    slow = ("--durations=40", "--durations-min=5")  # where the time goes, named
    unit = (*_MEASURED, "pytest", "tests", *apart, *TOGETHER, *slow)
    solving = ("labkit", "exercises", "verify", "--jobs", JOBS)
    return [
        Step("lint", ("-m", "ruff", "check", *OWN_CODE)),
        Step("format", ("-m", "ruff", "format", "--check", *OWN_CODE)),
        Step("types", ("-m", "mypy")),
        Step("unit and contract tests", unit, measured=True),
        Step("exercises", ("-m", *solving)),
        Step("notebooks", ("-m", "pytest", "tests/notebooks")),
        _journey(),
        Step("coverage: combine", ("-m", "coverage", "combine", "--quiet")),
        Step("coverage", ("-m", "coverage", "report", "--skip-covered", "--fail-under=90")),
    ]


def _containers(with_engine: bool) -> int:
    """Run what needs a Docker engine, and leave nothing of it running."""
    python = set_up("test")
    with engine.running(with_engine) as reached:
        asked = {**containers.environment(), **reached}
        try:
            return _run([Step(name, what) for name, what in containers.steps()], asked)
        finally:
            containers.tidy(python, {**_environment(), **asked})


def _long(share: float, seed: int) -> int:
    """Run the tests that `tests/effort.py` makes hard, and write the reports."""
    if not 0 < share <= 1:
        raise Trouble(f"The share {share:g} is not between 0 and 1.", "Try: --share 0.01")
    reports = ROOT / "docs" if share == 1 else ROOT / "artifacts" / "long"
    figures = _artifacts() / "figures.jsonl"
    figures.write_text("", encoding="utf-8")
    asked = {"LABKIT_LONG": str(share), "LABKIT_SEED": str(seed), "LABKIT_FIGURES": str(figures)}
    apart = [f"--ignore=tests/{name}" for name in ("notebooks", "browser")]
    dice = (f"--hypothesis-seed={seed}", f"--timeout={LONG_MINUTES * 60}")
    report = ("-m", "tests.resilience.report", str(figures), str(reports), str(share))
    measure = ("-m", "benchmarks", "--out", str(reports), *(("--quick",) if share < 1 else ()))
    hard = ("-m", "pytest", "tests/resilience", "-m", "not hypothesis")
    random = ("-m", "pytest", "tests", "-m", "hypothesis or fuzz", *apart, *dice, *TOGETHER)
    projects = ("-m", "pytest", "tests/browser/test_projects.py")
    steps = [
        Step("benchmarks", measure, minutes=LONG_MINUTES),
        Step("kills, soak, a very large archive", hard, minutes=LONG_MINUTES),
        Step("random input", random, minutes=LONG_MINUTES),
        Step("report", report),
    ]
    if share == 1:  # a slice of them is what the ordinary run does
        steps.insert(-1, Step("the three projects, in a browser", projects, minutes=LONG_MINUTES))
    return _run(steps, asked)


def _notebooks(what: str) -> Sequence[str]:
    """Arguments for pytest: the notebook tests of one track or one notebook."""
    name = Path(what).stem
    paths = sorted((ROOT / "notebooks").rglob("*.ipynb"))
    known = {path.stem for path in paths if ".ipynb_checkpoints" not in path.parts}
    if what not in TRACKS and name not in known:
        near = ", ".join(sorted(k for k in known if name.lower() in k.lower()) or sorted(known))
        raise Trouble(f"There is no track or notebook {what}.", f"Choose one of: {near}")
    word = "00_start_here" if what == "start" else name
    return ("-m", "pytest", "tests/notebooks", "-k", word, "-v")


def _run(steps: list[Step], asked: Mapping[str, str] | None = None) -> int:
    python = set_up("test")
    env = {**_environment(), **(asked or {})}
    for old in [*ROOT.glob(".coverage"), *ROOT.glob(".coverage.*")]:
        old.unlink()
    started = time.monotonic()
    outcomes = [_one(python, step, env) for step in steps]
    total = time.monotonic() - started
    width = max(len(outcome.name) for outcome in outcomes)
    say("\nSummary")
    for outcome in outcomes:
        line = f"  {outcome.name:<{width}}  {outcome.word:<7} {outcome.seconds:6.0f} s"
        say(f"{line}  {outcome.note}".rstrip())
    failed = [outcome.name for outcome in outcomes if outcome.word == "FAILED"]
    _keep(outcomes)
    verdict = f"FAILED: {', '.join(failed)}" if failed else "All passed"
    skipped = sum(outcome.word == "SKIPPED" for outcome in outcomes)
    say(f"{verdict}{f', {skipped} skipped' if skipped else ''}, in {total / 60:.1f} minutes.")
    return 1 if failed else 0


def _one(python: Path, step: Step, env: dict[str, str]) -> Outcome:
    say(f"\n== {step.name} ==")
    if step.skip:
        say(f"SKIPPED: {step.skip}")
        return Outcome(step.name, "SKIPPED", 0.0, step.skip)
    started = time.monotonic()
    kept = "CI" in os.environ
    env = env | ({"COVERAGE_PROCESS_START": str(ROOT / "pyproject.toml")} if step.measured else {})
    process = subprocess.Popen(
        [str(python), *step.arguments], cwd=ROOT, env=env, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if kept else None, stderr=subprocess.STDOUT if kept else None,
    )  # fmt: skip
    told = (
        Told(process, _artifacts() / "said" / f"{step.name.replace(':', '')}.txt") if kept else None
    )
    note = ""
    try:
        code = process.wait(timeout=step.minutes * 60)
        note = f"ended by signal {-code}" if code < 0 else f"exit code {code}" if code else ""
    except subprocess.TimeoutExpired:
        code, note = 1, f"stopped after {step.minutes:g} minutes"
    finally:
        _end(process)
    seconds = time.monotonic() - started
    if told is not None:
        told.close()
    why = reasons(told.path) if told is not None and code else ()
    return Outcome(step.name, "FAILED" if code else "passed", seconds, note, why)


def _artifacts() -> Path:
    folder = ROOT / "artifacts"
    folder.mkdir(exist_ok=True)
    return folder


def _keep(outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        if outcome.told:
            with (_artifacts() / FAILURES).open("a", encoding="utf-8") as file:
                file.write("\n".join([f"-- {outcome.name} --", *outcome.told, ""]))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a step that still runs, politely first: pytest then ends the labs that it started."""
    if process.poll() is None and sys.platform != "win32":
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=GRACE)
    if process.poll() is None:
        process.kill()
        process.wait()


def _environment() -> dict[str, str]:
    """Tests choose their own workspaces."""
    env = {k: v for k, v in clean_environment().items() if not k.startswith("LABKIT_")}
    kept = {k: v for k, v in os.environ.items() if k in KEPT}
    scripts = Path(sys.prefix) if sys.prefix != sys.base_prefix else None
    if scripts:  # run from some other virtual environment: its scripts are not the tests' business
        env["PATH"] = os.pathsep.join(
            part for part in env.get("PATH", "").split(os.pathsep)
            if not Path(part).is_relative_to(scripts)
        )  # fmt: skip
    return {
        **env,
        **kept,
        "LABKIT_SCREENSHOTS": str(ROOT / "artifacts" / "screenshots"),
        "COVERAGE_FILE": str(ROOT / ".coverage"),
        "PYTHONUNBUFFERED": "1",  # what a step said last is not lost if it breaks off
    }
