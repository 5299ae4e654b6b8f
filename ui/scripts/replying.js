// Helps a person to reply when the agent asks: how much time is left, and the focus where the reply is given.
(() => {
  const GUARD = 800; // milliseconds in which a key was meant for what had the focus before
  const place = () => document.getElementById("time-left");
  const box = () => document.querySelector("#question textarea");
  const options = () => document.querySelectorAll("#live .options .option");
  let ends = 0, ticking = 0; // when the time is over, and what shows it
  let asked = "", focused = 0; // the buttons that were there last, and when one of them got the focus

  const tick = () => {
    const left = Math.max(0, Math.round((ends - performance.now()) / 1000));
    const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    place().textContent = said(words.reply.left, { time });
  };
  addEventListener("pulse", ({ detail: { left } }) => {
    clearInterval(ticking);
    if (left === null || left === undefined) {
      if (place()) place().textContent = "";
      return;
    }
    ends = performance.now() + left * 1000;
    tick();
    if (!document.hidden) ticking = setInterval(tick, 1000);
  });
  // It stands still while nobody sees the page; the next pulse says where.
  document.addEventListener("visibilitychange", () => document.hidden && clearInterval(ticking));

  const isFree = () => [document.body, box()].includes(document.activeElement) && !box().value;
  const look = () => {
    const now = [...options()].map(option => option.textContent).join("\n");
    if (now === asked) return;
    const before = asked;
    asked = now;
    if (now && isFree()) {
      focused = performance.now();
      options()[0].focus({ preventScroll: true });
    } else if (before && !now && document.activeElement === document.body && !matchMedia("(pointer: coarse)").matches) {
      box()?.focus({ preventScroll: true });
    }
  };
  addEventListener("keydown", event => {
    if (!["Enter", " "].includes(event.key) || performance.now() - focused > GUARD) return;
    if (event.target.closest?.("#live .option")) event.preventDefault();
  }, true);

  const begin = () => {
    const chat = document.getElementById("chat");
    if (!chat || !box()) return setTimeout(begin, 100);
    new MutationObserver(look).observe(chat, { childList: true, subtree: true });
  };
  begin();
})();
