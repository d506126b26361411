import { follow, onKeys, once, put, widgetFrame } from "../base/dom.js";
import { Controls } from "./controls.js";
import { Frames } from "./frames.js";
import { fullWindow } from "./pixels.js";
import { listenToPointer } from "./pointer.js";
import { Stage } from "./stage.js";
import { number, probeText, spokenTexts, stageTexts } from "./words.js";

// ImageViewer: what is shown follows from the traits; every control only sets traits.

function render({ model, el }) {
  const root = widgetFrame(el, "iv", "DICOM image viewer");
  const stage = new Stage();
  const frames = new Frames(model, (stack, index) => {
    if (stack === model.get("stack") && index === model.get("index")) refresh();
    else progress();
  });
  let tool = "window";
  let cursor = null;

  const set = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
  };
  const stack = () => model.get("_stacks")[model.get("stack")];
  const count = () => stack().frames.length;
  const go = (index) => set({ index: Math.min(Math.max(index, 0), count() - 1) });
  const step = (by) => go(model.get("index") + by);

  /** The window in effect; the same answer as ImageViewer.window in Python. */
  function windowNow(info, frame) {
    const preset = model.get("preset");
    const named = model.get("_presets").find(([name]) => name === preset);
    if (preset === "manual") return { center: model.get("center"), width: model.get("width"), fn: "LINEAR" };
    if (named) return { center: named[1], width: named[2], fn: "LINEAR" };
    const n = preset.startsWith("file") ? Number(preset.slice(5) || 1) - 1 : -1;
    const [center, width, fn, table] = info.windows[Math.min(n, info.windows.length - 1)] ?? [];
    if (n >= 0 && fn) return { center, width, fn, table };
    return frame ? fullWindow(frame, info) : { center: 0, width: 1, fn: "LINEAR" };
  }

  const controls = new Controls({
    tool: (name) => choose(name),
    stack: (n) => {
      stage.home();
      set({ stack: n, index: 0, preset: "file" });
    },
    preset: (name) => (name === "manual" ? setWindow(0, 0) : set({ preset: name })),
    invert: () => set({ inverted: !model.get("inverted") }),
    reset,
    play: () => set({ playing: !model.get("playing") }),
    index: go,
  });
  root.append(controls.bar, stage.el, controls.foot, controls.keys);

  function choose(name) {
    tool = name;
    controls.setTool(name);
    stage.el.dataset.tool = name;
  }

  function reset() {
    stage.home();
    stage.measures = [];
    set({ preset: "file", inverted: false });
    refresh();
  }

  /** Change the window by hand, starting from the one in effect. */
  function setWindow(centerBy, widthBy) {
    const view = stage.view;
    if (!view?.win || stack().colour) return;
    const fine = view.win.width < 20 ? 100 : 1;
    const round = (x) => Math.round(x * fine) / fine;
    set({ center: round(view.win.center + centerBy), width: Math.max(1, round(view.win.width + widthBy)), preset: "manual" });
  }
  const notch = () => Math.max(0.02, (stage.view?.win?.width ?? 1) / 20);

  function progress() {
    controls.setState({
      inverted: model.get("inverted"), playing: model.get("playing"), index: model.get("index"),
      count: count(), loaded: frames.loaded(model.get("stack")),
    });
  }

  function showProbe() {
    const { info, frame } = stage.view ?? {};
    if (!cursor || !info) return put(controls.probe, info ? `${info.columns} × ${info.rows}${stack().unit ? `, ${stack().unit}` : ""}` : "");
    const { row, column } = stage.imagePoint(cursor.x, cursor.y);
    return put(controls.probe, probeText(stack(), info, frame, Math.floor(row), Math.floor(column)));
  }

  function texts() {
    const { info, win } = stage.view;
    const shown = stageTexts(stack(), model.get("index"), info, stack().colour ? null : win, stage.zoom);
    stage.setTexts(shown);
    stage.describe(...spokenTexts(shown, model.get("inverted")));
  }

  const refresh = once(() => {
    const [at, index] = [model.get("stack"), model.get("index")];
    const info = stack().frames[index];
    if (!info) return;
    const frame = frames.get(at, index);
    const win = windowNow(info, frame);
    const inverted = model.get("inverted") !== (info.inverted && !stack().colour);
    stage.show({ frame, info, win, inverted, colour: stack().colour, key: `${at}/${index}` });
    texts();
    progress();
    showProbe();
    menu();
    frames.look(at, index, count());
  });

  /** Fill the preset menu; "by hand" only while it is. */
  function menu() {
    const now = stack();
    const key = JSON.stringify([now.presets, now.file_windows, model.get("preset") === "manual"]);
    if (key !== menu.key) {
      menu.key = key;
      const values = Object.fromEntries(model.get("_presets").map(([name, c, w]) => [name, `${name}  ${number(c)} / ${number(w)}`]));
      menu.pairs = [["file", "as the file says"],
        ...now.file_windows.map((name, n) => [`file:${n + 2}`, name || `file, window ${n + 2}`]),
        ["auto", "all values"], ...now.presets.map((name) => [name, values[name]]),
        ...(model.get("preset") === "manual" ? [["manual", "by hand"]] : [])];
    }
    controls.setPresets(menu.pairs, model.get("preset"), now.colour);
  }

  listenToPointer(stage, {
    tool: () => (tool === "window" && stack().colour ? "pan" : tool),
    start: (name, point) => {
      if (name !== "measure") return;
      const at = stage.imagePoint(point.x, point.y);
      stage.measures.push({ key: stage.view.key, from: at, to: at });
    },
    drag: (name, move) => {
      if (name === "window") setWindow(move.dy * notch() * 0.1, move.dx * notch() * 0.1);
      if (name === "zoom") stage.zoomAt(1.01 ** -move.dy, move.from.x, move.from.y);
      if (name === "measure") stage.measures.at(-1).to = stage.imagePoint(move.point.x, move.point.y);
      if (name === "pan") {
        stage.pan.x += move.dx;
        stage.pan.y += move.dy;
      }
      if (name !== "window") stage.draw();
      if (name === "zoom") texts();
    },
    end: (name) => {
      const last = stage.measures.at(-1);
      const still = last && Math.hypot(last.to.row - last.from.row, last.to.column - last.from.column) < 1;
      if (name === "measure" && still) stage.measures.pop();
    },
    hover: (point) => {
      cursor = point;
      showProbe();
    },
    scroll: step,
  });

  const zoomBy = (factor) => {
    stage.zoomAt(factor);
    texts();
  };
  const panBy = (x, y) => {
    stage.pan.x += x;
    stage.pan.y += y;
    stage.draw();
  };
  const redraw = (change) => () => {
    change();
    stage.draw();
  };
  const digits = Object.fromEntries([..."123456789"].map((digit) => [digit, () => {
    const pair = menu.pairs?.[Number(digit) - 1];
    if (pair && !stack().colour) set({ preset: pair[0] });
  }]));
  onKeys(root, {
    ...digits,
    ArrowUp: () => step(-1), ArrowLeft: () => step(-1), ArrowDown: () => step(1), ArrowRight: () => step(1),
    PageUp: () => step(-10), PageDown: () => step(10), Home: () => go(0), End: () => go(count() - 1),
    "+": () => zoomBy(1.25), "=": () => zoomBy(1.25), "-": () => zoomBy(0.8),
    "Shift+ArrowUp": () => panBy(0, 20), "Shift+ArrowDown": () => panBy(0, -20),
    "Shift+ArrowLeft": () => panBy(20, 0), "Shift+ArrowRight": () => panBy(-20, 0),
    "[": () => setWindow(0, -notch()), "]": () => setWindow(0, notch()),
    ",": () => setWindow(-notch(), 0), ".": () => setWindow(notch(), 0),
    i: () => set({ inverted: !model.get("inverted") }), r: reset,
    z: () => {
      stage.home();
      zoomBy(1 / (stage.place.fit * (window.devicePixelRatio || 1)));
    },
    w: () => choose("window"), p: () => choose("pan"), g: () => choose("zoom"), m: () => choose("measure"),
    o: () => stage.el.classList.toggle("iv-bare"), s: redraw(() => { stage.smooth = !stage.smooth; }),
    " ": () => count() > 1 && set({ playing: !model.get("playing") }),
    "?": () => controls.toggleHelp(), Escape: () => controls.toggleHelp(false),
  });

  /** Cine: the next frame when its time has come and it is here. */
  let due = 0;
  let ticking = 0;
  function tick(now) {
    if (!model.get("playing")) return;
    const next = (model.get("index") + 1) % count();
    if (now >= due && frames.get(model.get("stack"), next)) {
      const each = stack().frame_ms || 100;
      due = now - due > each ? now + each : due + each;
      set({ index: next });
    }
    ticking = requestAnimationFrame(tick);
  }

  const receive = (message, buffers) => {
    frames.take(message, buffers);
    if (message.kind !== "error") return;
    frames.giveUp();
    put(stage.notice, message.message, " ", message.remedy);
  };
  model.on("msg:custom", receive);
  const stops = [
    ...["index", "stack", "preset", "center", "width", "inverted"].map((name) => follow(model, name, refresh)),
    follow(model, "_stacks", (all) => controls.setStacks(all, model.get("stack"))),
    follow(model, "stack", (n) => { controls.stacks.value = String(n); }),
    follow(model, "playing", (on) => {
      cancelAnimationFrame(ticking);
      if (on) ticking = requestAnimationFrame(tick);
      progress();
    }),
    follow(model, "_poster", (png) => {
      if (!png?.byteLength || frames.loaded(model.get("stack"))) return;
      const url = URL.createObjectURL(new Blob([png], { type: "image/png" }));
      stage.poster.onload = () => URL.revokeObjectURL(url);
      stage.poster.src = url;
    }),
  ];
  choose("window");
  const resized = new ResizeObserver(() => stage.draw());
  resized.observe(stage.el);
  return () => {
    for (const stop of stops) stop();
    model.off("msg:custom", receive);
    frames.close();
    cancelAnimationFrame(ticking);
    resized.disconnect();
  };
}

export default { render };
