// Shows and hides the column: beside the page where there is room, and then as the person left it; else over the page.
// Where the page has room for one thing at its side, the panel at the right (panel.js) takes its place for a while.
const narrow = matchMedia("(max-width: 768px)"), crowded = matchMedia("(min-width: 769px) and (max-width: 1099px)");
const KEPT = "glassbox-chats"; // "open" or "closed"
const ROOM = 1100; // pixels from which the column is open at first: the settings want some of them, too

const state = document.documentElement.dataset;
const isTaken = () => crowded.matches && Boolean(state.panel);
const fits = () => !narrow.matches && !isTaken() && (localStorage[KEPT] ?? (innerWidth < ROOM ? "closed" : "open")) === "open";
state.chats = fits() ? "open" : "closed"; // at once, so that the page does not move when the column is there

export const makeDrawer = ({ toggle, column, backdrop }) => {
  const isOpen = () => state.chats === "open";
  const isOver = () => isOpen() && narrow.matches;

  const show = (open) => {
    const hadFocus = column.contains(document.activeElement);
    state.chats = open ? "open" : "closed";
    toggle.setAttribute("aria-expanded", open);
    column.inert = !open;
    document.querySelector("gradio-app").inert = isOver();
    if (isOver()) column.querySelector("a").focus();
    else if (!open && hadFocus) toggle.focus();
  };
  const close = () => {
    show(false);
    toggle.focus();
  };

  toggle.addEventListener("click", () => {
    if (!narrow.matches) localStorage[KEPT] = isOpen() ? "closed" : "open";
    isOver() ? close() : show(!isOpen());
    if (isOpen()) dispatchEvent(new Event("chats"));
  });
  backdrop.addEventListener("click", close);
  for (const part of [column, toggle])
    part.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented && isOver()) close();
    });
  const arrange = () => show(fits());
  for (const media of [narrow, crowded]) media.addEventListener("change", arrange);
  addEventListener("panel", () => crowded.matches && isOpen() !== fits() && arrange());
  arrange();
  return { closeIfOver: () => isOver() && close() };
};
