// Light, dark, or as the system has it: kept in the browser, and there before anything is painted. Gradio goes by the
// system alone, so its choice is put right as soon as it is made.
(() => {
  const KEPT = "glassbox-theme"; // "light", "dark" or "system"
  const system = matchMedia("(prefers-color-scheme: dark)"), root = document.documentElement;
  const asked = new URLSearchParams(location.search).get("__theme"); // by a page that shows this one, such as the Hub's
  let theme = "system";
  try {
    theme = localStorage.getItem(KEPT) ?? theme;
  } catch {
    // Nothing may be kept here.
  }

  const isDark = () => {
    const chosen = [theme, asked].find(name => name === "light" || name === "dark");
    return chosen ? chosen === "dark" : system.matches;
  };
  const apply = () => {
    root.dataset.theme = isDark() ? "dark" : "light";
    document.body?.classList.toggle("dark", isDark());
  };

  window.chosenTheme = () => theme;
  window.setTheme = name => {
    theme = name;
    apply();
    try {
      localStorage.setItem(KEPT, name);
    } catch {
      // It holds until the page is left.
    }
  };

  // The page has these colours until Gradio's own are there, which are the same.
  document.head.append(Object.assign(document.createElement("style"), { textContent: `
    html[data-theme="light"] { color-scheme: light; }
    html[data-theme="dark"] { color-scheme: dark; }
    html[data-theme="light"] body { background: var(--bg); color: var(--col); }
    html[data-theme="dark"] body { background: var(--bg-dark); color: var(--col-dark); }` }));
  apply();
  system.addEventListener("change", apply);
  // The body comes after the head that this script is in.
  new MutationObserver((_, watcher) => {
    if (!document.body) return;
    watcher.disconnect();
    apply();
    new MutationObserver(() => { if (document.body.classList.contains("dark") !== isDark()) apply(); })
      .observe(document.body, { attributeFilter: ["class"] });
  }).observe(root, { childList: true });
})();
