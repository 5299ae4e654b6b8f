// Keep the newest message in view from when a question is sent, unless the reader has scrolled up or opened a step.
(() => {
  const page = document.documentElement;
  let following = true, opened = 0, running = false, top = 0;
  addEventListener("scroll", () => {
    // What has grown since the page was scrolled to its end is no reader who went up.
    following = page.scrollHeight - innerHeight - scrollY < 160 || (following && scrollY >= top);
    top = scrollY;
  }, { passive: true });
  // An answer can be there before the page has seen that it was written.
  addEventListener("click", (event) => { following ||= Boolean(event.target.closest?.("#send")); });
  addEventListener("keydown", (event) => {
    following ||= event.key === "Enter" && !event.shiftKey && event.target.matches?.("#question textarea");
  }, true);
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
