// What went wrong stands in one line at the composer until the next try, in place of toasts, which fade. What comes of a
// press in a form that has a line of its own stands there.
(() => {
  const UNREACHED = /^Connection errored out|Failed to fetch|NetworkError/i, LOST = /^Connection to the server was lost/;
  const TOO_LARGE = /exceeds|too large|\b413\b/i;
  let near = null; // the line nearest to what a person pressed last
  const main = () => document.getElementById("problem");
  const lines = () => document.querySelectorAll(".problem-line");
  const say = (text, isNotice) => {
    if (!main()) return;
    if (LOST.test(text)) return window.sending?.lost(); // not there yet while the page loads, when there is nothing to lose
    const { unreached, too_large: tooLarge } = words.problem;
    const at = near?.isConnected ? near : main();
    at.querySelector("span").textContent = UNREACHED.test(text) ? unreached : TOO_LARGE.test(text) ? said(tooLarge, main().dataset) : text;
    at.classList.toggle("notice", isNotice);
  };
  const empty = line => { line.querySelector("span").textContent = ""; };

  window.problem = {
    say,
    clear: () => lines().forEach(empty),
    calm: () => main()?.classList.contains("notice") && empty(main()),
  };

  for (const press of ["click", "keydown"]) {
    addEventListener(press, ({ target }) => {
      near = target.closest?.("#settings")?.querySelector(".problem-line") ?? main();
      const close = press === "click" && target.closest?.(".problem-line button");
      if (close) empty(close.parentElement);
    }, true);
  }
  new MutationObserver(changes => {
    for (const node of changes.flatMap(({ addedNodes }) => [...addedNodes])) {
      for (const toast of node.querySelectorAll?.(".toast-message-text") ?? []) {
        say(toast.textContent.trim(), toast.classList.contains("info"));
      }
    }
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
