// Keep the newest message in view while an answer is written, unless the reader has scrolled up or opened a step.
(() => {
  const page = document.documentElement;
  let following = true, opened = 0, running = false;
  addEventListener("scroll", () => { following = page.scrollHeight - innerHeight - scrollY < 160; }, { passive: true });
  const follow = () => {
    const before = { opened, running };
    opened = document.querySelectorAll("#history .thought-group .expanded").length;
    running = document.getElementById("stop")?.checkVisibility() ?? false;
    if (running && !before.running) following = true;
    else if (opened > before.opened) following = false;
    if (following) scrollTo({ top: page.scrollHeight });
  };
  const watch = () => {
    const chat = document.getElementById("chat");
    if (chat) new ResizeObserver(follow).observe(chat);
    else setTimeout(watch, 200);
  };
  watch();
})();
