"""A widget in a page of its own, without Jupyter: the real view, the real Python model.

Python and page speak the messages of the Jupyter widget protocol; only the transport is ours. It
starts in well under a second, so rendering is tested here, and JupyterLab only for what is its own.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import comm
from playwright.sync_api import Browser, Locator, Page

PAGE = """<!doctype html><html><head><meta charset="utf-8"><style>%(theme)s
body { margin: 12px; background: var(--jp-layout-color0); }</style></head>
<body data-jp-theme-light="%(light)s"><div id="widget"></div></body></html>"""
LIGHT = """:root { --jp-layout-color0: #fff; --jp-layout-color1: #fff; --jp-border-color1: #bdbdbd;
  --jp-border-color2: #e0e0e0; --jp-ui-font-color1: rgba(0,0,0,.87);
  --jp-ui-font-family: system-ui, sans-serif; --jp-rendermime-table-row-background: #f5f5f5; }"""
DARK = """:root { --jp-layout-color0: #111; --jp-layout-color1: #212121;
  --jp-border-color1: #616161;
  --jp-border-color2: #424242; --jp-ui-font-color1: rgba(255,255,255,.87);
  --jp-ui-font-family: system-ui, sans-serif; --jp-rendermime-table-row-background: #1b1b1b; }"""
MODEL = """
window.bare = (() => {
  const bytes = (text) => { const raw = atob(text); const out = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i += 1) out[i] = raw.charCodeAt(i);
    return new DataView(out.buffer); };
  const put = (state, paths, buffers) => { paths.forEach((path, n) => { let at = state;
    for (const step of path.slice(0, -1)) at = at[step];
    at[path[path.length - 1]] = bytes(buffers[n]); }); return state; };
  const state = {}; const heard = {}; let changed = {};
  const emit = (name, ...args) => { for (const f of [...(heard[name] ?? [])]) f(...args); };
  const take = (messages) => { for (const m of messages) {
    if (m.method === "update") {
      const fresh = put(m.state, m.buffer_paths ?? [], m.buffers);
      const names = Object.keys(fresh).filter((name) => fresh[name] !== state[name]);
      Object.assign(state, fresh); names.forEach((name) => emit(`change:${name}`));
    } else emit("msg:custom", m.content, m.buffers.map(bytes)); } };
  let line = Promise.resolve();
  const tell = (data) => { line = line.then(() => window.toPython(data)).then(take); return line; };
  const model = {
    get: (name) => state[name],
    set: (name, value) => { if (state[name] !== value) { state[name] = value; changed[name] = value;
      emit(`change:${name}`); } },
    save_changes: () => { const sent = changed; changed = {};
      if (Object.keys(sent).length) tell({ method: "update", state: sent, buffer_paths: [] }); },
    send: (content) => tell({ method: "custom", content }),
    on: (name, f) => { (heard[name] ??= []).push(f); },
    off: (name, f) => { heard[name] = (heard[name] ?? []).filter((g) => g !== f); },
  };
  return { take, model, idle: () => line, start: async (source) => {
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const view = (await import(url)).default;
    await view.initialize?.({ model });
    window.bare.stop = view.render({ model, el: document.getElementById("widget") });
  } };
})();
"""


class PageComm(comm.base_comm.BaseComm):
    """What a widget believes to be its kernel's comm."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.outbox: list[dict[str, Any]] = []
        super().__init__(*args, **kwargs)

    def publish_msg(
        self,
        msg_type: str,
        data: Any = None,
        metadata: Any = None,
        buffers: Any = None,
        **keys: Any,
    ) -> None:
        if msg_type == "comm_close":
            return
        raw = [base64.b64encode(bytes(b)).decode() for b in buffers or []]
        opening = {"method": "update"} if msg_type == "comm_open" else {}
        self.outbox.append({**opening, **(data or {}), "buffers": raw})


class BareWidget:
    """A widget shown in a page."""

    def __init__(self, page: Page, widget: Any) -> None:
        self.page, self.widget = page, widget
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", self._console)

    def _console(self, message: Any) -> None:
        if message.type == "error":
            self.problems.append(message.text)

    def answer(self, data: dict[str, Any]) -> list[dict[str, Any]]:
        """Hand a message of the view to the widget; return what the widget says to it."""
        self.widget._handle_msg({"content": {"data": data}, "buffers": []})
        return self.outbox()

    def outbox(self) -> list[dict[str, Any]]:
        """Take what the widget has said since the last time."""
        waiting, self.widget.comm.outbox[:] = list(self.widget.comm.outbox), []
        return [m for m in waiting if m["method"] in ("update", "custom")]

    def sync(self) -> None:
        """Bring the page up to date with what Python did, and wait for its answers."""
        self.page.evaluate("(m) => bare.take(m)", self.outbox())
        self.page.evaluate("() => bare.idle()")
        self.page.evaluate(
            "() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))"
        )

    @property
    def root(self) -> Locator:
        return self.page.locator("#widget")


@contextmanager
def widget_page(
    browser: Browser, make: Callable[[], Any], *, dark: bool = False, width: int = 1000,
    height: int = 860,
) -> Iterator[BareWidget]:  # fmt: skip
    """Show the widget that `make` returns; an error in the page fails the test at the end."""
    before, comm.create_comm = comm.create_comm, PageComm
    try:
        widget = make()
    finally:
        comm.create_comm = before
    page = browser.new_page(viewport={"width": width, "height": height})
    try:
        theme = {"theme": DARK if dark else LIGHT, "light": "false" if dark else "true"}
        page.set_content(PAGE % theme)
        page.add_style_tag(content=str(widget._css))
        page.add_script_tag(content=MODEL)
        shown = BareWidget(page, widget)
        page.expose_function("toPython", shown.answer)
        page.evaluate("(m) => bare.take(m)", shown.outbox())
        page.evaluate("(source) => bare.start(source)", str(widget._esm))
        shown.sync()
        yield shown
        assert shown.problems == []
    finally:
        page.close()
