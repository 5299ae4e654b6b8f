// The steps of the turns: what a person has opened stays open when its turn is over, the step that goes on shows its
// end, and a presenter has all of them open.
(() => {
  const titles = part => [...part.querySelectorAll(".thought-group > .title")];
  const isOpen = title => title.classList.contains("expanded");
  const isEverything = () => document.body.dataset.show === "everything";

  // Gradio draws a turn anew once it is over. `kept` has the positions of what was open then; the first is the line that
  // opens to the others.
  const SOON = 3_000; // milliseconds in which it is drawn
  let kept = [], until = 0;
  const remember = live => {
    if (!live.querySelector(".bot-row")) return;
    const over = titles(live).filter(title => !title.querySelector(".loading-spinner"));
    until = Infinity;
    kept = [...over.keys()].filter(at => isOpen(over[at]));
  };
  const bringBack = history => {
    const drawn = titles([...history.querySelectorAll(".bot-row")].at(-1) ?? history);
    const first = drawn[kept[0]];
    until = Math.min(until, performance.now() + SOON);
    if (performance.now() > until) kept = [];
    if (!kept.length || !first) return;
    if (!isOpen(first)) return first.click(); // its children are there a moment later
    if (!drawn[kept.at(-1)]) return;
    kept.map(at => drawn[at]).filter(title => !isOpen(title)).forEach(title => title.click());
    kept = [];
  };

  // The current step scrolls inside of its box, and stays at its end unless a person has scrolled up there.
  const read = new WeakSet();
  const pin = live => {
    for (const box of live.querySelectorAll(".title:has(> .loading-spinner) + .content")) {
      if (!read.has(box)) box.scrollTop = box.scrollHeight;
    }
  };
  addEventListener("wheel", ({ target, deltaY }) => markRead(target, deltaY < 0), { passive: true });
  addEventListener("touchmove", ({ target }) => markRead(target, true), { passive: true });
  addEventListener("keydown", ({ target, key }) => markRead(target, ["ArrowUp", "PageUp", "Home"].includes(key)));
  const markRead = (target, isUp) => {
    const box = target.closest?.("#live .content");
    if (!box) return;
    if (isUp) read.add(box);
    else if (box.scrollTop + box.clientHeight > box.scrollHeight - 40) read.delete(box);
  };

  let wasEverything = false;
  const present = chat => {
    const all = titles(chat);
    if (isEverything()) all.filter(title => !isOpen(title)).forEach(title => title.click());
    else if (wasEverything) all.filter(title => isOpen(title) && !title.closest(".children")).forEach(title => title.click());
    wasEverything = isEverything();
  };

  const watch = () => {
    const chat = document.getElementById("chat");
    if (!chat) return setTimeout(watch, 200);
    const look = () => {
      const [history, live] = ["history", "live"].map(id => document.getElementById(id));
      if (live) {
        remember(live);
        pin(live);
      }
      if (history && !live?.checkVisibility()) bringBack(history);
      if (isEverything() || wasEverything) present(chat);
    };
    const watched = { childList: true, subtree: true, characterData: true };
    new MutationObserver(look).observe(chat, { ...watched, attributeFilter: ["class"] });
    new MutationObserver(look).observe(document.body, { attributeFilter: ["data-show"] });
  };
  watch();
})();
