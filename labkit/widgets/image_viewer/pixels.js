// From pixel values to grey: the formulas of PS3.3 C.11.2.1.2, step by step as in labkit.dicom.pixels.

const ARRAYS = {
  uint8: Uint8Array, int8: Int8Array, uint16: Uint16Array, int16: Int16Array,
  uint32: Uint32Array, int32: Int32Array, float32: Float32Array, float64: Float64Array,
};

/** Copy a message's bytes into an array of numbers: the message itself can then be freed. */
export function pixelArray(dtype, view) {
  const bytes = view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
  return new ARRAYS[dtype](bytes);
}

/** Round half to even, as numpy does. */
export function rint(y) {
  const up = Math.round(y);
  return up - y === 0.5 && up % 2 !== 0 ? up - 1 : up;
}

/** The grey 0–255 of a value in a window {center, width, fn, table}. */
export function greyOf(x, { center, width, fn, table }) {
  let y;
  if (fn === "LUT") {
    const place = rint(x - (center - width / 2));
    return table.getUint8(Math.min(table.byteLength - 1, Math.max(0, place)));
  }
  if (fn === "SIGMOID") y = 255 / (1 + Math.exp((-4 * (x - center)) / width));
  else if (fn === "LINEAR_EXACT") y = ((x - center) / width + 0.5) * 255;
  else if (width === 1) y = x <= center - 0.5 ? 0 : 255;
  else y = ((x - (center - 0.5)) / (width - 1) + 0.5) * 255;
  return rint(Math.min(255, Math.max(0, y)));
}

const OPAQUE = 0xff000000;
const grey32 = (g) => (OPAQUE | (g << 16) | (g << 8) | g) >>> 0;

/** Paints frames; keeps its table of greys until the window changes. */
export class Painter {
  constructor() {
    this.table = new Uint32Array(65536);
    this.key = "";
  }

  /**
   * @param {{pixels: TypedArray, dtype: string}} frame
   * @param {{slope: number, intercept: number}} info
   * @param {{center: number, width: number, fn: string}} win
   * @param {ImageData} image filled
   */
  paint(frame, info, win, inverted, colour, image) {
    const out = new Uint32Array(image.data.buffer);
    if (colour) this.#colour(frame.pixels, inverted, out);
    else if (/int(8|16)$/.test(frame.dtype)) this.#byTable(frame, info, win, inverted, out);
    else {
      const { pixels } = frame;
      for (let i = 0; i < out.length; i += 1) {
        const g = greyOf(pixels[i] * info.slope + info.intercept, win);
        out[i] = grey32(inverted ? 255 - g : g);
      }
    }
  }

  #colour(pixels, inverted, out) {
    const flip = inverted ? 0x00ffffff : 0;
    for (let i = 0, j = 0; i < out.length; i += 1, j += 3) {
      out[i] = ((OPAQUE | (pixels[j + 2] << 16) | (pixels[j + 1] << 8) | pixels[j]) ^ flip) >>> 0;
    }
  }

  #byTable(frame, info, win, inverted, out) {
    const shift = frame.dtype.startsWith("int") ? 32768 : 0;
    const key = [shift, info.slope, info.intercept, win.center, win.width, win.fn, inverted].join();
    const { table } = this;
    if (key !== this.key || win.fn === "LUT") {
      for (let i = 0; i < 65536; i += 1) {
        const g = greyOf((i - shift) * info.slope + info.intercept, win);
        table[i] = grey32(inverted ? 255 - g : g);
      }
      this.key = key;
    }
    const { pixels } = frame;
    for (let i = 0; i < out.length; i += 1) out[i] = table[pixels[i] + shift];
  }
}

/** The window from the lowest to the highest value of a frame: as Frame.full_window. */
export function fullWindow(frame, info) {
  const ends = [frame.low * info.slope + info.intercept, frame.high * info.slope + info.intercept];
  const low = Math.min(...ends);
  const width = Math.max(...ends) - low || 1;
  return { center: low + width / 2, width, fn: "LINEAR_EXACT" };
}
