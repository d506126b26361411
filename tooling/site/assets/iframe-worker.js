// Search runs in a worker, and browsers start none from a file. Where the site is opened from a
// disk, a hidden frame does the worker's work: the same script, the same messages.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      this.waiting = [];
      const frame = document.createElement("iframe");
      frame.hidden = true;
      document.documentElement.append(frame);
      const inner = frame.contentWindow;
      inner.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      inner.importScripts = (...urls) => Promise.all(urls.map((one) => load(inner, one)));
      load(inner, url).then(() => {
        this.inner = inner;
        this.waiting.forEach((data) => this.postMessage(data));
      });
    }

    postMessage(data) {
      if (!this.inner) this.waiting.push(data);
      else this.inner.dispatchEvent(new this.inner.MessageEvent("message", { data }));
    }

    terminate() {
      this.inner = null;
    }
  };
}

function load(inner, url) {
  return new Promise((done, failed) => {
    const script = inner.document.createElement("script");
    Object.assign(script, { src: url, onload: done, onerror: failed });
    (inner.document.body || inner.document.documentElement).append(script);
  });
}
