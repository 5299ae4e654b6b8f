// The page's keyboard shortcuts; shortcuts.html lists them. All but ↑ take a further key, as letters alone are for
// typing and for screen readers.
(() => {
  const find = selector => document.querySelector(selector);
  const press = selector => find(selector)?.click();
  const question = () => find("#question textarea");

  const searchChats = () => {
    if (find("#chats")?.inert) press("#chats-toggle");
    find("#chats .search")?.focus();
  };
  const toggleSheet = () => {
    const sheet = find("#shortcuts");
    sheet?.open ? sheet.close() : sheet?.showModal();
  };
  const editLast = () => [...document.querySelectorAll('#chat .turn-bar button[value^="edit "]')].at(-1)?.click();

  const acts = {
    "ctrl+/": toggleSheet,
    "ctrl+.": () => press("#stop"),
    "ctrl+k": searchChats,
    "ctrl+shift+o": () => press("#chats .new"),
    "ctrl+shift+s": () => press("#chats-toggle"),
    "shift+escape": () => question()?.focus(),
  };
  const nameOf = event => {
    const held = [event.ctrlKey || event.metaKey ? "ctrl" : "", event.altKey ? "alt" : "", event.shiftKey ? "shift" : ""];
    // On some keyboards "/" and "." take Shift.
    const key = event.key.toLowerCase();
    return [...held.filter(name => name && !(name === "shift" && "/.".includes(key))), key].join("+");
  };

  addEventListener("keydown", event => {
    if (event.isComposing) return;
    if (event.key === "ArrowUp" && event.target === question() && !event.target.value) {
      event.preventDefault();
      return editLast();
    }
    const act = acts[nameOf(event)];
    if (!act || (find("dialog[open]") && act !== toggleSheet)) return;
    event.preventDefault();
    act();
  });
  document.addEventListener("click", event => { if (event.target.closest?.("#open-shortcuts")) toggleSheet(); });
})();
