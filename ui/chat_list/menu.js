// One menu for all buttons that open one. The browser shows and hides it, and gives the focus back.
const HEIGHT = 150, GAP = 4; // pixels

export const makeMenu = (menu) => {
  const fill = (button, items) => {
    menu.replaceChildren(...items.map(([label, act], at) => {
      const item = Object.assign(document.createElement("button"), { type: "button", textContent: label, autofocus: !at });
      item.setAttribute("role", "menuitem");
      item.tabIndex = -1;
      item.addEventListener("click", () => {
        menu.hidePopover();
        act();
      });
      return item;
    }));
    const { left, top, bottom } = button.getBoundingClientRect();
    const isLow = bottom + HEIGHT > innerHeight;
    menu.style.left = `${Math.max(GAP, Math.min(left, innerWidth - 12 * 16))}px`;
    menu.style.top = isLow ? "auto" : `${bottom + GAP}px`;
    menu.style.bottom = isLow ? `${innerHeight - top + GAP}px` : "auto";
  };

  menu.addEventListener("keydown", (event) => {
    const items = [...menu.children];
    const at = items.indexOf(document.activeElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1 + items.length, Home: 0, End: items.length - 1 }[event.key];
    if (event.key === "Tab") menu.hidePopover();
    if (next === undefined) return;
    event.preventDefault();
    items[next % items.length].focus();
  });

  // Have a button open the menu. `items` gives its labels and what they do, when it is opened.
  return (button, items) => button.addEventListener("click", () => fill(button, items()));
};
