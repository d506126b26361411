// Mouse, pen and finger on the stage: what a drag does depends on the tool and the button.

/**
 * @param {Stage} stage
 * @param {{tool: () => string, start: (tool, point) => void, drag: (tool, move) => void,
 *          end: (tool) => void, hover: (point | null) => void, scroll: (step) => void}} on
 */
export function listenToPointer(stage, on) {
  const { el } = stage;
  let drag = null;
  const at = (event) => {
    const box = el.getBoundingClientRect();
    return { x: event.clientX - box.left - el.clientLeft, y: event.clientY - box.top - el.clientTop };
  };
  const toolOf = (event) => {
    if (event.button === 1 || event.shiftKey) return "pan";
    if (event.button === 2 || event.ctrlKey || event.metaKey) return "zoom";
    return on.tool();
  };
  el.addEventListener("pointerdown", (event) => {
    el.focus({ preventScroll: true });
    event.preventDefault();
    el.setPointerCapture(event.pointerId);
    const point = at(event);
    drag = { tool: toolOf(event), from: point, last: point };
    on.start(drag.tool, point);
  });
  el.addEventListener("pointermove", (event) => {
    const point = at(event);
    on.hover(point);
    if (!drag) return;
    on.drag(drag.tool, { dx: point.x - drag.last.x, dy: point.y - drag.last.y, point, from: drag.from });
    drag.last = point;
  });
  const stop = () => {
    if (drag) on.end(drag.tool);
    drag = null;
  };
  el.addEventListener("pointerup", stop);
  el.addEventListener("pointercancel", stop);
  el.addEventListener("pointerleave", () => on.hover(null));
  el.addEventListener("contextmenu", (event) => event.preventDefault());
  let rolled = 0;
  el.addEventListener("wheel", (event) => {
    // Until the picture was clicked, the wheel scrolls the page: a reader passing by is not caught.
    if (!el.contains(document.activeElement)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.ctrlKey || event.metaKey) {
      const point = at(event);
      stage.zoomAt(event.deltaY < 0 ? 1.15 : 1 / 1.15, point.x, point.y);
      return;
    }
    const lines = event.deltaMode === 1 ? event.deltaY * 30 : event.deltaY;
    rolled = Math.sign(lines) === Math.sign(rolled) ? rolled + lines : lines;
    const steps = Math.abs(lines) >= 60 ? Math.sign(lines) : Math.trunc(rolled / 30);
    if (steps) {
      rolled = 0;
      on.scroll(steps);
    }
  }, { passive: false });
}
