"use strict";
// Shows the parts of the file one after the other. Without this script all of them are there at once.

const parts = [...document.querySelectorAll(".part")];
const [controls, back, play, step, speed, position, where] =
  ["controls", "back", "play", "step", "speed", "position", "where"].map((id) => document.getElementById(id));
const quiet = matchMedia("(prefers-reduced-motion: reduce)");
const words = { play: play.textContent, pause: play.dataset.pause, of: where.dataset.of };
let shown = 1;
let timer = 0; // of the next part, while it plays

function show(number) {
  shown = Math.min(Math.max(number, 1), parts.length);
  parts.forEach((part, index) => {
    part.hidden = index >= shown;
    part.classList.toggle("current", index === shown - 1);
  });
  const part = parts[shown - 1];
  position.value = shown;
  position.setAttribute("aria-valuetext", part.dataset.label);
  where.textContent = `${words.of.replace("{shown}", shown).replace("{count}", parts.length)} · ${part.dataset.label}`;
  back.disabled = shown === 1;
  step.disabled = shown === parts.length;
  bringIntoView(part);
}

function bringIntoView(part) {
  const room = innerHeight - controls.offsetHeight;
  document.documentElement.style.scrollPaddingBottom = `${controls.offsetHeight + 16}px`;
  part.scrollIntoView({
    block: part.offsetHeight > room ? "start" : "nearest",
    behavior: quiet.matches ? "auto" : "smooth",
  });
}

function pause() {
  clearTimeout(timer);
  timer = 0;
  play.textContent = words.play;
}

function playOn() {
  play.textContent = words.pause;
  timer = setTimeout(() => {
    show(shown + 1);
    shown < parts.length ? playOn() : pause();
  }, (1000 * parts[shown - 1].dataset.seconds) / speed.value);
}

function toggle() {
  if (timer) return pause();
  if (shown === parts.length) show(1);
  if (parts.length > 1) playOn();
}

function go(number) {
  pause();
  show(number);
}

const KEYS = {
  " ": toggle,
  ArrowRight: () => go(shown + 1),
  ArrowLeft: () => go(shown - 1),
  Home: () => go(1),
  End: () => go(parts.length),
};

document.addEventListener("keydown", (event) => {
  const action = KEYS[event.key];
  const itsOwn = event.key === " " ? "button, select, summary" : "select, input"; // what has a use for this key
  if (!action || event.target.closest(itsOwn) || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  action();
});
back.addEventListener("click", () => go(shown - 1));
step.addEventListener("click", () => go(shown + 1));
play.addEventListener("click", toggle);
position.addEventListener("input", () => go(Number(position.value)));
speed.addEventListener("change", () => {
  if (!timer) return;
  pause();
  playOn();
});

if (parts.length) {
  position.max = parts.length;
  controls.hidden = false;
  show(1);
}
