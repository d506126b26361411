// Elements, events and keys. Text goes in as text nodes, never as HTML.

const FOCUSABLE = new Set(["a", "button", "input", "select"]);

/** Make an element: h("button", { class: "x", onclick: f, aria: { label: "…" } }, "text", child). */
export function h(tag, props = {}, ...children) {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "aria") {
      for (const [key, text] of Object.entries(value)) el.setAttribute(`aria-${key}`, text);
    } else if (name.startsWith("on")) {
      el.addEventListener(name.slice(2), value);
    } else if (name === "style") {
      for (const [key, text] of Object.entries(value)) el.style.setProperty(key, text);
    } else {
      el.setAttribute(name, value === true ? "" : value);
    }
  }
  // JupyterLab's one-key shortcuts (x cuts the cell!) look for this on what has the focus.
  if (FOCUSABLE.has(tag) || "tabindex" in props) el.setAttribute("data-lm-suppress-shortcuts", "true");
  put(el, ...children);
  return el;
}

/** Replace what is in an element; strings become text. */
export function put(el, ...children) {
  el.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined));
  return el;
}

/** Draw an icon from a path on a 16×16 grid; its meaning belongs in the button's label. */
export function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/** The frame of a widget. */
export function widgetFrame(el, name, label) {
  el.classList.add("lw-host");
  const root = h("div", {
    class: `lw ${name}`,
    role: "group",
    aria: { label },
  });
  // Copying text out of a widget must not become "copy cell".
  for (const type of ["copy", "cut", "paste"]) {
    root.addEventListener(type, (event) => event.stopPropagation());
  }
  el.append(root);
  return root;
}

/** Call `run` once at the next frame, however often it is asked for. */
export function once(run) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      run();
    });
  };
}

/** Spell a key press: "ArrowUp", "Shift+ArrowUp", "Ctrl+c", "w". Shift is not named for letters. */
export function keyName(event) {
  const named = event.key.length > 1;
  return [
    event.ctrlKey || event.metaKey ? "Ctrl+" : "",
    event.altKey ? "Alt+" : "",
    event.shiftKey && named ? "Shift+" : "",
    event.key,
  ].join("");
}

/** Answer keys by a table of functions; keys that are typed into a field are left alone. */
export function onKeys(el, keys) {
  el.addEventListener("keydown", (event) => {
    if (event.target.matches("input, select, textarea") && event.target !== el) return;
    const run = keys[keyName(event)];
    if (!run) return;
    event.preventDefault();
    event.stopPropagation();
    run(event);
  });
}

/** Tie an element to a trait both ways: what is typed is sent, what Python sets is shown. */
export function follow(model, name, show) {
  const run = () => show(model.get(name));
  model.on(`change:${name}`, run);
  run();
  return () => model.off(`change:${name}`, run);
}

/** Run later, unless called again before: `soon(ms, run)` returns the function to call. */
export function soon(ms, run) {
  let timer = 0;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => run(...args), ms);
  };
}
