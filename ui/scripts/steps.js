// The steps of the turns: what a person has opened stays open when its turn is over, the step that goes on shows its
// end, and a presenter has all of them open.
(() => {
  const titles = part => [...part.querySelectorAll(".thought-group > .title")];
  const isOpen = title => title.classList.contains("expanded");
  const nameOf = title => title.querySelector(".md")?.textContent.trim() ?? "";
  const isEverything = () => document.body.dataset.show === "everything";

  // Gradio draws a turn anew once it is over. `kept` has the titles of what was open then; the line of the steps, whose
  // title changes, comes first.
  let kept = null;
  const remember = live => {
    const opened = titles(live).filter(title => isOpen(title) && !title.querySelector(".loading-spinner"));
    if (live.querySelector(".bot-row")) kept = opened.length ? opened.map(nameOf) : null;
  };
  const bringBack = history => {
    const last = [...history.querySelectorAll(".bot-row")].at(-1);
    const line = last?.querySelector(".thought-group > .title");
    if (!kept || !line) return;
    if (!isOpen(line)) return line.click(); // its children are there a moment later
    const children = titles(line.parentElement).slice(1);
    children.filter(title => kept.includes(nameOf(title)) && !isOpen(title)).forEach(title => title.click());
    kept = null;
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
