"""The board in real Chromium: live, back after a restart, read without colours, text as text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from labkit.exercises.wire import Act, LabState, Report
from labkit.workshop.board import Board
from tests.browser.chromium import save
from tests.workshop.board.room import FIRST, MISTAKE, SECOND, Clock, made

pytestmark = pytest.mark.peers
EVIL = "<img src=x onerror=document.title='evil'>"


def tell(board: Board, who: str, *outcomes: str, name: str = "", slug: str = FIRST) -> None:
    """Have the board hear of a learner, as a post does."""
    known = board.store.learners.get(who)
    first = known.next if known else 0
    now = board.store._clock().isoformat()
    acts = tuple(
        Act(first + at, now, "check", slug, outcome, MISTAKE if outcome == "failed" else "")
        for at, outcome in enumerate(outcomes, 1)
    )
    lab = LabState("ill", ("LEGACY",)) if who == "grace" else LabState("well")
    board.store.take(Report(who, acts, name, lab=lab), f"key of {who}")


@contextmanager
def shown(browser: Browser, board: Board, view: str, **more: object) -> Iterator[Page]:
    problems: list[str] = []
    context = browser.new_context(**more)  # type: ignore[arg-type]
    try:
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(board.url)
        page.get_by_label("Instructor's code").fill(board.room.instructor_code.upper())
        page.get_by_role("button", name=view).click()
        expect(page.locator("#live")).to_have_text("Live")
        yield page
        assert problems == []
    finally:
        context.close()


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Board]:
    with made(tmp_path, Clock(), title="PACS in a morning") as running:
        tell(running, "ada", "failed", "passed", name="Ada Thornbury")
        tell(running, "grace", "failed", "failed", "failed")
        yield running


def test_it_is_live_and_comes_back_after_a_restart(
    browser: Browser, board: Board, tmp_path: Path
) -> None:
    wide = {"width": 1920, "height": 1080}
    with shown(browser, board, "Projector", viewport=wide) as page:
        grace = board.store.learners["grace"].shown
        expect(page.get_by_role("row", name=grace)).to_contain_text(
            "stuck, 3 failed checks, here now"
        )
        expect(page.locator("#stuck")).to_contain_text(grace)
        expect(page.locator("#mistakes")).to_contain_text("2 learners, 4 times")
        expect(page.locator("#mistakes")).to_contain_text("four views")
        expect(page.locator("#labs")).to_contain_text("not well: LEGACY")
        expect(page.locator("#room")).to_contain_text("2 here now, 1 solved, 1 stuck")
        expect(page.locator("#command")).to_contain_text(board.room.join_code)
        expect(page.locator("body")).not_to_contain_text("Ada")
        tell(board, "grace", "passed")
        expect(page.locator("#stuck")).to_have_text("Nobody.")
        tell(board, "linus", "failed", slug=SECOND)
        expect(page.locator("#grid tbody tr")).to_have_count(3)
        save(page, tmp_path / "board-projector.png")

        board.stop()
        expect(page.get_by_role("alert")).to_contain_text(
            "No connection to the board", timeout=60_000
        )
        with made(tmp_path, Clock(), title="PACS in a morning") as again:
            expect(page.locator("#live")).to_have_text("Live", timeout=60_000)
            expect(page.get_by_role("alert")).to_have_count(0)
            tell(again, "linus", "passed", slug=SECOND)
            expect(
                page.get_by_role("row", name=again.store.learners["linus"].shown)
            ).to_contain_text("solved, 1 failed check")


def test_a_name_is_text_in_every_list(browser: Browser, board: Board) -> None:
    tell(board, "eve", "failed", "failed", "failed", name=EVIL[:40])
    with shown(browser, board, "Instructor", viewport={"width": 390, "height": 844}) as page:
        expect(page.locator("#stuck")).to_contain_text("<img src=x onerror")
        expect(page.get_by_role("row", name="<img src=x onerror")).to_have_count(1)
        expect(page.get_by_role("row", name="Ada Thornbury")).to_have_count(1)
        assert page.locator("img").count() == 0
        assert page.title() == "PACS in a morning: board"
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("dark", [False, True])
def test_it_can_be_heard_read_and_worked_with_keys(
    browser: Browser, board: Board, dark: bool, tmp_path: Path
) -> None:
    scheme = "dark" if dark else "light"
    with shown(browser, board, "Instructor", color_scheme=scheme) as page:
        found = Axe().run(page)
        assert [each["id"] for each in found.response["violations"]] == []
        if not dark:
            return
        page.get_by_role("button", name="Forget everything …").focus()
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog", name="Forget everything?")
        expect(dialog.get_by_role("button", name="Keep it")).to_be_focused()
        save(page, tmp_path / "board-forget.png")
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Enter")
        expect(page.locator("#grid tbody tr")).to_have_count(0)
        expect(page.locator("#command")).to_contain_text(board.room.join_code)
