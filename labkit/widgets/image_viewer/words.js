// What is written around the picture: the texts on it, and the line about the pixel under the cursor.

/** Round for reading: as many digits as the number needs. */
export function number(value, digits = 2) {
  return Number.isInteger(value) ? String(value) : value.toFixed(digits).replace(/\.?0+$/, "");
}

/** The point of the patient at a pixel (PS3.3 C.7.6.2.1.1), or null. */
export function patientPoint(info, row, column) {
  if (!info.plane || !info.spacing) return null;
  const p = info.plane;
  const [down, across] = info.spacing;
  return [0, 1, 2].map((i) => p[i] + p[3 + i] * across * column + p[6 + i] * down * row);
}

/** Where a slice is along its normal, in mm, or null. */
export function slicePosition(info) {
  const p = info.plane;
  if (!p) return null;
  const normal = [p[4] * p[8] - p[5] * p[7], p[5] * p[6] - p[3] * p[8], p[3] * p[7] - p[4] * p[6]];
  return normal.reduce((sum, n, i) => sum + n * p[i], 0);
}

/** All texts of the stage, by place. */
export function stageTexts(stack, index, info, win, zoom) {
  const many = stack.frames.length > 1;
  const where = slicePosition(info);
  return {
    ...stack.corner,
    series: [
      ...stack.corner.series,
      many ? `${index + 1} / ${stack.frames.length}` : "",
      where === null ? "" : `slice ${number(where, 1)} mm`,
    ],
    state: [
      zoom === 1 ? "" : `zoom ${number(zoom)}×`,
      win?.fn === "LUT" ? "VOI LUT" : win ? `C ${number(win.center, 1)}  W ${number(win.width, 1)}` : "",
    ],
    left: [info.labels[0]], right: [info.labels[1]], top: [info.labels[2]], bottom: [info.labels[3]],
  };
}

/** What the picture shows, for ears: all of it, and the part that changes while one looks. */
export function spokenTexts(texts, inverted) {
  const edges = texts.left[0] && texts.right[0]
    ? `left edge ${texts.left[0]}, right edge ${texts.right[0]}, top ${texts.top[0]}, bottom ${texts.bottom[0]}` : "";
  const series = texts.series.map((text) => text.replace(/^(\d+) \/ (\d+)$/, "frame $1 of $2"));
  const state = texts.state.map((text) => text.replace(/^C (\S+) {2}W (\S+)$/, "window centre $1, width $2"));
  const changing = [...series.filter((text) => /^(frame|slice) /.test(text)), ...state, inverted ? "inverted" : ""];
  const still = [...texts.patient, ...texts.study, ...series.filter((text) => !changing.includes(text))];
  return [[...still, ...changing, edges], changing].map((parts) => parts.filter(Boolean).join(", "));
}

/** The line about one pixel. */
export function probeText(stack, info, frame, row, column) {
  if (!frame || row < 0 || column < 0 || row >= info.rows || column >= info.columns) return "";
  const place = row * info.columns + column;
  const parts = [`row ${row}  column ${column}`];
  if (stack.colour) {
    parts.push(`RGB ${frame.pixels.slice(place * 3, place * 3 + 3).join(", ")}`);
  } else {
    const stored = frame.pixels[place];
    const value = stored * info.slope + info.intercept;
    parts.push(`${number(value, 4)}${stack.unit ? ` ${stack.unit}` : ""}`);
    if (value !== stored) parts.push(`stored ${number(stored, 4)}`);
  }
  const point = patientPoint(info, row, column);
  if (point) parts.push(`x ${point[0].toFixed(1)}  y ${point[1].toFixed(1)}  z ${point[2].toFixed(1)} mm`);
  return parts.join("   ·   ");
}

export const KEYS = [
  ["↑ ↓ ← →", "previous, next frame"], ["Page ↑ ↓", "ten frames"], ["Home End", "first, last frame"],
  ["drag", "window: ↔ width, ↕ centre"], ["[ ]", "window narrower, wider"], [", .", "window centre down, up"],
  ["1 … 9", "presets in the order of the menu"], ["i", "invert"], ["+ −", "zoom"],
  ["Shift+arrows", "pan"], ["z", "one pixel is one pixel"], ["w p g m", "tools: window, pan, magnify, measure"],
  ["right, middle drag", "zoom, pan"], ["Space", "cine"], ["o", "texts on, off"], ["s", "smooth, square pixels"],
  ["r", "reset"], ["?", "this list"],
];
