import { pixelArray } from "./pixels.js";

// Frames that have come from Python, and which to ask for next: what is looked at first, then its
// neighbours outwards, until all are here or the memory for them is used up.

const BUDGET = 512 * 2 ** 20;
const UNDERWAY = 4;
const PATIENCE = 4000; // ms; doubled each time, up to a minute: the kernel may be at work

export class Frames {
  /** `arrived(stack, index)` is called for each frame. */
  constructor(model, arrived) {
    this.model = model;
    this.arrived = arrived;
    this.kept = new Map();
    this.bytes = 0;
    this.asked = new Set();
    this.at = { stack: 0, index: 0, count: 0 };
  }

  get(stack, index) {
    return this.kept.get(`${stack}/${index}`);
  }

  /** How many frames of a stack are here. */
  loaded(stack) {
    let n = 0;
    for (const key of this.kept.keys()) if (key.startsWith(`${stack}/`)) n += 1;
    return n;
  }

  /** Tell where the reader is; asks for what is missing around there. */
  look(stack, index, count) {
    this.at = { stack, index, count };
    if (!this.get(stack, index) && !this.asked.has(`${stack}/${index}`)) this.#ask([index]);
    this.#pump();
  }

  /** Take in a message of Python; other kinds are left alone. */
  take(message, buffers) {
    if (message.kind !== "frame") return;
    const key = `${message.stack}/${message.index}`;
    this.asked.delete(key);
    const pixels = pixelArray(message.dtype, buffers[0]);
    this.bytes += pixels.byteLength - (this.kept.get(key)?.pixels.byteLength ?? 0);
    this.kept.set(key, { pixels, dtype: message.dtype, low: message.low, high: message.high });
    this.#forget();
    this.arrived(message.stack, message.index);
    this.#pump();
    this.#wait(PATIENCE);
  }

  /** After an error nothing more will come for what was asked. */
  giveUp() {
    this.asked.clear();
    this.stopped = true;
    this.close();
  }

  /** Ask for nothing more. */
  close() {
    clearTimeout(this.timer);
  }

  #ask(indices) {
    const { stack } = this.at;
    for (const index of indices) this.asked.add(`${stack}/${index}`);
    this.model.send({ kind: "frames", stack, indices });
    this.#wait(PATIENCE);
  }

  /** Between page and kernel a message may be left lying until the next one comes (ipykernel 7,
   *  where another thread answers at that moment): ask again, else all would stop for good. */
  #wait(patience) {
    clearTimeout(this.timer);
    if (!this.asked.size) return;
    this.timer = setTimeout(() => {
      for (const key of this.asked) {
        const [stack, index] = key.split("/").map(Number);
        this.model.send({ kind: "frames", stack, indices: [index] });
      }
      this.#wait(Math.min(2 * patience, 60000));
    }, patience);
  }

  #pump() {
    const { stack, index, count } = this.at;
    if (this.loaded(stack) === count) return;
    const wanted = [];
    const room = this.bytes < BUDGET;
    for (let step = 1; step < count && room && !this.stopped; step += 1) {
      for (const near of [index + step, index - step]) {
        if (wanted.length + this.asked.size >= UNDERWAY) break;
        const key = `${stack}/${near}`;
        if (near >= 0 && near < count && !this.kept.has(key) && !this.asked.has(key)) wanted.push(near);
      }
      if (wanted.length + this.asked.size >= UNDERWAY) break;
    }
    if (wanted.length) this.#ask(wanted);
  }

  /** Drop what is farthest from the reader. */
  #forget() {
    const { stack, index } = this.at;
    const far = (key) => {
      const [s, i] = key.split("/").map(Number);
      return s === stack ? Math.abs(i - index) : 1e9;
    };
    while (this.bytes > BUDGET && this.kept.size > 1) {
      const [last] = [...this.kept.keys()].sort((a, b) => far(b) - far(a));
      this.bytes -= this.kept.get(last).pixels.byteLength;
      this.kept.delete(last);
    }
  }
}
