"""What a reader sees: pictures a second of the image viewer, in JupyterLab and real Chromium."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Browser, expect

from benchmarks.measure import Row
from tests.browser.chromium import chromium, executable
from tests.browser.jupyter import JupyterServer, jupyter

ROOT = Path(__file__).resolve().parents[1]
RATE = 50.0  # frames a second that we want at least
SLICES = 200
CELL = f"""
from labkit.widgets import ImageViewer
from tests.browser.volume import volume
ImageViewer(volume({SLICES}), preset="soft tissue")
"""

# Each act is done once its picture is painted, and the next one begins at once: what comes out is
# the rate of pictures, stalls included, and cannot be above that of the screen (60 here).
DRIVE = """async ({ what, count }) => {
  const stage = document.querySelector(".iv-stage");
  const frame = window.requestAnimationFrame.bind(window);
  const next = () => new Promise(frame);
  const box = stage.getBoundingClientRect();
  const at = { x: box.left + box.width / 2, y: box.top + box.height / 2 };
  const acts = {
    scroll: (n) => stage.dispatchEvent(new WheelEvent("wheel",
      { deltaY: n < count / 2 ? 120 : -120, bubbles: true, cancelable: true })),
    window: (n) => stage.dispatchEvent(new PointerEvent("pointermove",
      { clientX: at.x + (n % 2 ? 12 : 9) + n / 4, clientY: at.y - n / 8, bubbles: true })),
  };
  const text = stage.querySelector(what === "scroll" ? ".iv-series" : ".iv-state");
  const times = []; const work = [];
  window.requestAnimationFrame = (run) => frame((now) => {
    const from = performance.now();
    run(now);
    work.push(performance.now() - from);
  });
  await next();
  const began = performance.now();
  for (let n = 0; n < count; n += 1) {
    const [from, before] = [performance.now(), text.dataset.key];
    acts[what](n);
    while (text.dataset.key === before) {
      await next();
      if (performance.now() - from > 10000) throw new Error(`${what}: nothing new was painted`);
    }
    times.push(performance.now() - from);
  }
  const seconds = (performance.now() - began) / 1000;
  window.requestAnimationFrame = frame;
  return { rate: count / seconds, longest: Math.max(...times), work };
}"""


def frames(folder: Path, rounds: int) -> list[Row]:
    """Scroll through a CT of 200 slices by the wheel, and drag its window, as fast as it paints.

    Chromium runs without a window and without a graphics card: the processor paints (SwiftShader).
    Nothing is measured where there is no Chromium.
    """
    if executable() is None:
        return []
    root, home = folder / "viewer", folder / "viewer-home"
    root.mkdir()
    home.mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL.strip())])
    nbformat.write(notebook, root / "viewer.ipynb")
    with (
        jupyter(root, home, env={"PYTHONPATH": str(ROOT)}) as server,
        chromium() as browser,
    ):
        rates = measured(server, browser, rounds)
    return [
        Row(f"ImageViewer {name}, 512×512×{SLICES}, in JupyterLab (headless Chromium, SwiftShader)",
            "frames/s", round(rate, 1), None, "", round(rate / RATE, 2), 1.0)
        for name, rate in rates.items()
    ]  # fmt: skip


def measured(server: JupyterServer, browser: Browser, rounds: int) -> dict[str, float]:
    """Return the median rates of all rounds."""
    opened = server.open(browser, "viewer.ipynb")
    opened.run_all()
    page, viewer = opened.page, opened.output(0).locator(".lw.iv")
    expect(viewer.locator(".iv-progress")).to_have_text("", timeout=60_000)
    stage = viewer.locator(".iv-stage")
    stage.click()
    rates: dict[str, list[float]] = {"scroll": [], "window/level": []}
    for turn in range(rounds + 1):  # the first is for the page's compiler
        page.keyboard.press("Home")
        scroll: dict[str, Any] = page.evaluate(DRIVE, {"what": "scroll", "count": 2 * (SLICES - 1)})
        # The drag begins and ends with the real mouse, since the stage captures its pointer.
        stage.hover()
        page.mouse.down()
        window: dict[str, Any] = page.evaluate(DRIVE, {"what": "window", "count": SLICES})
        page.mouse.up()
        page.keyboard.press("r")
        if turn:
            rates["scroll"].append(scroll["rate"])
            rates["window/level"].append(window["rate"])
    page.close()
    return {name: statistics.median(seen) for name, seen in rates.items()}
