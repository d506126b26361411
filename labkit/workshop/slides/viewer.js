// Keys: → next section, ← back, ↓ ↑ within a section, space on, Home, End; o all, s notes, f full.
const slides = [...document.querySelectorAll("section")];
const where = document.getElementById("where");
let now = 0;
let speaker = null;

const across = (n) => Number(slides[n].dataset.at.split("/")[0]);
const sections = across(slides.length - 1) + 1;
const first = (section) => slides.findIndex((_, n) => across(n) === section);

function fit(slide) {
  // What is too high or too wide is made smaller, down to 60 %; what is still too large scrolls.
  const inner = slide.querySelector(".fit");
  // On a phone lines scroll: made to fit, nobody could read them.
  const wide = innerWidth < 700 ? [] : [...slide.querySelectorAll("pre, .out")];
  for (let size = 100; size >= 60; size -= 4) {
    inner.style.fontSize = `${size}%`;
    const fits = slide.scrollHeight <= slide.clientHeight;
    if (fits && wide.every((one) => one.scrollWidth <= one.clientWidth)) break;
  }
}

function show(n, focus = true) {
  now = Math.max(0, Math.min(slides.length - 1, n));
  slides.forEach((slide, at) => slide.classList.toggle("now", at === now));
  const slide = slides[now];
  if (document.body.classList.contains("all")) slide.scrollIntoView({ block: "nearest" });
  else {
    slide.scrollTop = 0;
    fit(slide);
  }
  if (focus) slide.focus({ preventScroll: true });
  where.textContent = `${now + 1} of ${slides.length}`;
  history.replaceState(null, "", `#${slide.dataset.at}`);
  tell();
}

function all(on) {
  document.body.classList.toggle("all", on);
  show(now);
}

function tell() {
  if (!speaker || speaker.closed) return;
  const page = speaker.document;
  const title = (n) => slides[n]?.querySelector("h1, h2").textContent || "the end";
  const notes = slides[first(across(now))].querySelector("aside");
  page.getElementById("here").textContent = `${now + 1} of ${slides.length} · ${title(now)}`;
  page.getElementById("next").textContent = `Next: ${title(now + 1)}`;
  page.getElementById("notes").textContent = notes ? notes.textContent : "";
}

function speak() {
  if (speaker && !speaker.closed) return speaker.focus();
  speaker = window.open("", "", "width=760,height=700");
  if (!speaker) {
    where.textContent = "The browser keeps the window back: allow pop-ups for this page.";
    return;
  }
  const page = speaker.document;
  page.title = `Notes: ${document.title}`;
  page.head.innerHTML =
    "<style>:root{color-scheme:light dark}body{font:18px/1.5 system-ui,sans-serif;margin:1rem 1.5rem}" +
    "#notes{white-space:pre-wrap;border-top:1px solid #888;padding-top:1rem}#next,#time{color:#777}" +
    "</style>";
  page.body.innerHTML =
    '<p id="time"></p><h1 id="here"></h1><p id="next"></p><div id="notes" tabindex="0"></div>';
  const begun = Date.now();
  speaker.setInterval(() => {
    const seconds = Math.floor((Date.now() - begun) / 1000);
    const two = (value) => String(value).padStart(2, "0");
    page.getElementById("time").textContent =
      `${two(Math.floor(seconds / 60))}:${two(seconds % 60)} since these notes were opened`;
  }, 1000);
  page.addEventListener("keydown", key);
  tell();
}

const acts = {
  ArrowRight: () => show(across(now) + 1 < sections ? first(across(now) + 1) : slides.length - 1),
  ArrowLeft: () => show(first(across(now)) === now ? first(Math.max(0, across(now) - 1)) : first(across(now))),
  ArrowDown: () => show(now + 1 < slides.length && across(now + 1) === across(now) ? now + 1 : now),
  ArrowUp: () => show(now > 0 && across(now - 1) === across(now) ? now - 1 : now),
  " ": () => show(now + 1),
  PageDown: () => show(now + 1),
  PageUp: () => show(now - 1),
  Backspace: () => show(now - 1),
  Home: () => show(0),
  End: () => show(slides.length - 1),
  o: () => all(!document.body.classList.contains("all")),
  Enter: () => all(false),
  Escape: () => all(false),
  s: speak,
  f: () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()),
};

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.("button, a") && [" ", "Enter"].includes(event.key)) return;
  const act = acts[event.key] ?? (event.key === " " && event.shiftKey ? acts.PageUp : null);
  if (!act) return;
  event.preventDefault();
  if (event.key === " " && event.shiftKey) acts.PageUp();
  else act();
}

document.addEventListener("keydown", key);
document.getElementById("back").onclick = () => show(now - 1, false);
document.getElementById("on").onclick = () => show(now + 1, false);
document.getElementById("all").onclick = acts.o;
document.getElementById("speak").onclick = speak;
slides.forEach((slide, n) => {
  slide.addEventListener("click", () => {
    if (!document.body.classList.contains("all")) return;
    now = n;
    all(false);
  });
});

let touch = null;
document.addEventListener("touchstart", (event) => (touch = event.touches[0]), { passive: true });
document.addEventListener("touchend", (event) => {
  const end = event.changedTouches[0];
  const moved = touch ? end.clientX - touch.clientX : 0;
  if (Math.abs(moved) > 60 && Math.abs(end.clientY - touch.clientY) < 40) show(now + (moved < 0 ? 1 : -1));
});
addEventListener("resize", () => show(now, false));
addEventListener("hashchange", fromAddress);

function fromAddress() {
  const at = slides.findIndex((slide) => `#${slide.dataset.at}` === location.hash);
  show(Math.max(0, at));
}
fromAddress();
