// One menu for all buttons that open one. The browser shows and hides it, and gives the focus back.
const ROW = 34, GAP = 4; // pixels

export const makeMenu = (menu) => {
  const itemOf = ([label, act]) => {
    const item = Object.assign(document.createElement("button"), { type: "button", textContent: label });
    item.setAttribute("role", "menuitem");
    item.tabIndex = -1;
    item.addEventListener("click", () => {
      menu.hidePopover();
      act();
    });
    return item;
  };

  const groupOf = ({ label, items }) => {
    const group = document.createElement("div");
    const heading = Object.assign(document.createElement("span"), { textContent: label, ariaHidden: true });
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", label);
    group.append(heading, ...items.map(itemOf));
    return group;
  };

  const fill = (button, items) => {
    menu.replaceChildren(...items.map((item) => (Array.isArray(item) ? itemOf(item) : groupOf(item))));
    menu.querySelector("button").autofocus = true;
    const { left, top, bottom } = button.getBoundingClientRect();
    const isLow = bottom + ROW * (menu.querySelectorAll("button, span").length + 1) > innerHeight;
    menu.style.left = `${Math.max(GAP, Math.min(left, innerWidth - 12 * 16))}px`;
    menu.style.top = isLow ? "auto" : `${bottom + GAP}px`;
    menu.style.bottom = isLow ? `${innerHeight - top + GAP}px` : "auto";
  };

  menu.addEventListener("keydown", (event) => {
    const items = [...menu.querySelectorAll("button")];
    const at = items.indexOf(document.activeElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1 + items.length, Home: 0, End: items.length - 1 }[event.key];
    if (event.key === "Tab") menu.hidePopover();
    if (next === undefined) return;
    event.preventDefault();
    items[next % items.length].focus();
  });

  // `items`: entries, each a label and what it does, and groups of entries, each with a label.
  const open = (button, items) => {
    fill(button, items);
    menu.showPopover({ source: button });
  };
  // Have a button whose `popovertarget` is the menu fill it with what `items` gives when it is pressed.
  const on = (button, items) => button.addEventListener("click", () => fill(button, items()));
  return { open, on };
};
