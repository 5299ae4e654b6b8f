// The panel at the right. Its two buttons open it at their tab: beside the page, on a phone over it. What
// is being read stays where it is. A browser with room keeps it open.
(() => {
  const KEPT = "glassbox-panel"; // the tab that is open; "" for none
  const ROOM = matchMedia("(min-width: 1200px)"), CROWDED = matchMedia("(min-width: 769px) and (max-width: 1099px)");
  const PHONE = matchMedia("(max-width: 768px)");
  const BUTTONS = 56; // pixels at the top that they cover
  const TABS = ["files", "settings"];
  const state = document.documentElement.dataset;
  const byId = id => document.getElementById(id);
  const kept = ROOM.matches ? localStorage[KEPT] : "";
  if (TABS.includes(kept)) state.panel = kept; // at once, so that the page does not move when the panel is there

  // Do what moves the page, and leave at its place what is being read: the first lines below the buttons.
  const keepPlace = change => {
    const lines = [...document.querySelectorAll("#chat :is(p, li, pre, tr, h1, h2, h3, h4, img, iframe)")];
    const isBelow = edge => line => line.getBoundingClientRect()[edge] > BUTTONS;
    const read = lines.find(isBelow("top")) ?? lines.find(isBelow("bottom"));
    const before = read?.getBoundingClientRect().top;
    change();
    if (read) scrollBy({ top: read.getBoundingClientRect().top - before, behavior: "instant" });
  };

  const wire = panel => {
    const opener = tab => byId(`open-${tab}`), tabButton = tab => byId(`${tab}-button`);
    let openedBy = null;

    const show = tab => {
      keepPlace(() => tab ? state.panel = tab : delete state.panel);
      if (panel.classList.contains("open") !== Boolean(tab)) panel.querySelector(".toggle-button").click();
      if (tab) tabButton(tab).click();
      panel.inert = !tab;
      for (const part of ["chat", "composer", "panel-buttons"]) byId(part).inert = Boolean(tab) && PHONE.matches;
      for (const name of TABS) opener(name).setAttribute("aria-expanded", name === tab);
      if (ROOM.matches) localStorage[KEPT] = tab;
      dispatchEvent(new Event("panel"));
    };
    const open = tab => {
      openedBy = opener(tab);
      show(tab);
      tabButton(tab).focus({ preventScroll: true });
    };
    const close = () => {
      const back = openedBy ?? opener(state.panel);
      show("");
      back.focus({ preventScroll: true });
    };

    panel.setAttribute("role", "complementary");
    panel.setAttribute("aria-label", said(words.page.panel));
    for (const tab of TABS) {
      opener(tab).setAttribute("aria-controls", "panel");
      opener(tab).addEventListener("click", () => state.panel === tab ? close() : open(tab));
      tabButton(tab).addEventListener("click", event => { if (event.isTrusted) show(tab); });
    }
    byId("close-panel").addEventListener("click", close);
    panel.addEventListener("keydown", event => {
      if (event.key === "Escape" && !event.defaultPrevented) close();
    });
    addEventListener("chats", () => state.panel && CROWDED.matches && show("")); // there is room for one of the two
    show(state.panel ?? "");
  };

  const begin = () => {
    const parts = ["chat", "composer", "close-panel", ...TABS.flatMap(tab => [`open-${tab}`, `${tab}-button`])];
    if (parts.every(byId)) wire(byId("panel"));
    else setTimeout(begin, 50);
  };
  begin();
})();
