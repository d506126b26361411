"""Start Chromium, or say why it cannot be."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

ARGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
NAMES = ["chromium", "chromium-browser", "google-chrome", "chrome"]
VARIABLE = "LABKIT_CHROMIUM"
"""Names the browser to use, where it is not found by name."""

PATIENCE = 30_000
"""Milliseconds that `expect` waits for what it says: a busy machine gets there too."""


def executable() -> str | None:
    """Find the system's Chromium; ``None`` where there is none."""
    named = os.environ.get(VARIABLE)
    return named or next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a browser without a window; the test is skipped where there is none."""
    path = executable()
    if path is None:
        pytest.skip(f"no Chromium: install it, or name it in {VARIABLE}")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGS, headless=True)
        try:
            yield browser
        finally:
            browser.close()


def save(page: Page, file: Path) -> Path:
    """Write a screenshot: into the folder of ``LABKIT_SCREENSHOTS``, else as named."""
    folder = os.environ.get("LABKIT_SCREENSHOTS")
    target = Path(folder) / file.name if folder else file
    target.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=target)
    return target
