// Draws the list of chats, changing only what has changed, and moves the focus in it.
import { headingOf } from "./groups.js";

const { chats: texts } = window.words;

// Make a copy of a template's element.
export const copyOf = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

// Have `parent` hold exactly these nodes, in this order.
const arrange = (parent, nodes) => {
  let next = parent.firstElementChild;
  for (const node of nodes) {
    if (node === next) next = next.nextElementSibling;
    else parent.insertBefore(node, next);
  }
  while (next) {
    const gone = next;
    next = next.nextElementSibling;
    gone.remove();
  }
};

// Show a piece of text, and in it the words that were searched for.
const showFound = (place, text, words) => {
  const sorted = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).sort((a, b) => b.length - a.length);
  const pieces = text && words.length ? text.split(new RegExp(`(${sorted.join("|")})`, "iu")) : [];
  place.replaceChildren(...pieces.map((piece, at) => {
    if (at % 2 === 0) return piece;
    return Object.assign(document.createElement("mark"), { textContent: piece });
  }));
};

export class Rows {
  #box;
  #rows = new Map(); // by the chats' ids
  #groups = new Map(); // by their headings
  #stop = null; // the row that Tab leads to; the arrows lead to the others

  constructor(box, { menuOn, titled }) {
    this.#box = box;
    this.menuOn = menuOn;
    this.titled = titled;
    box.addEventListener("keydown", (event) => this.#move(event));
    box.addEventListener("focusin", ({ target }) => this.#stopAt(target.closest("li")));
  }

  get isRenaming() {
    return this.#box.querySelector(".rename") !== null;
  }

  // Draw chats: under headings by day, or those that a search found under one.
  paint(chats, { words, current }) {
    const focused = this.#box.contains(document.activeElement) ? document.activeElement : null;
    const groups = new Map();
    for (const chat of chats) {
      const heading = words.length ? texts.results : headingOf(chat);
      if (!groups.has(heading)) groups.set(heading, []);
      groups.get(heading).push(this.#row(chat, words));
    }
    arrange(this.#box, [...groups.keys()].map((heading) => this.#group(heading)));
    for (const [heading, rows] of groups) arrange(this.#group(heading).lastElementChild, rows);
    if (!words.length) this.#forgetOthers(chats); // those that a search did not find come back after it
    this.markCurrent(current);
    if (!this.#stop?.isConnected) this.#stopAt(this.#rows.get(current) ?? this.#box.querySelector("li"));
    if (focused?.isConnected) focused.focus({ preventScroll: true }); // a node that moves loses the focus
  }

  markCurrent(id) {
    for (const [own, row] of this.#rows) {
      const link = row.querySelector("a");
      if (own === id) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }

  // Put the focus on the chat beside this one, which is about to go.
  leave(id) {
    const links = this.#links();
    const at = links.indexOf(this.#rows.get(id)?.querySelector("a"));
    (links[at + 1] ?? links[at - 1])?.focus();
  }

  focus(id) {
    this.#rows.get(id)?.querySelector("a").focus();
  }

  focusFirst() {
    this.#links()[0]?.focus();
  }

  // Have the person type another title in the place of this one.
  rename(chat) {
    const row = this.#rows.get(chat.id), link = row.querySelector("a"), input = copyOf("chats-title");
    const finish = (title) => {
      if (!input.isConnected) return;
      const hadFocus = document.activeElement === input;
      link.hidden = false;
      input.removeEventListener("blur", keep);
      input.remove();
      if (hadFocus) link.focus();
      if (title && title !== chat.title) {
        row.querySelector(".title").textContent = title;
        this.titled(chat, title);
      }
    };
    const keep = () => finish(input.value.trim());
    input.value = chat.title;
    input.addEventListener("blur", keep);
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      event.key === "Enter" ? keep() : finish("");
    });
    link.hidden = true;
    row.prepend(input);
    input.select();
  }

  #forgetOthers(chats) {
    const ids = new Set(chats.map((chat) => chat.id));
    for (const id of this.#rows.keys()) if (!ids.has(id)) this.#rows.delete(id);
  }

  #group(heading) {
    if (!this.#groups.has(heading)) {
      const group = copyOf("chats-group"), id = `chats-of-${this.#groups.size}`;
      group.firstElementChild.textContent = heading;
      group.firstElementChild.id = id;
      group.lastElementChild.setAttribute("aria-labelledby", id);
      this.#groups.set(heading, group);
    }
    return this.#groups.get(heading);
  }

  #row(chat, words) {
    let row = this.#rows.get(chat.id);
    if (!row) {
      row = copyOf("chats-row");
      row.querySelector("a").href = `?chat=${encodeURIComponent(chat.id)}`;
      this.menuOn(row.querySelector(".dots"), () => row.chat);
      this.#rows.set(chat.id, row);
    }
    const [title, mark] = row.querySelectorAll(".title, .mark");
    if (row.chat?.title !== chat.title) {
      title.textContent = title.title = chat.title;
      row.querySelector(".dots").setAttribute("aria-label", said(texts.menu, { title: chat.title }));
    }
    if (row.chat?.state !== chat.state) {
      mark.dataset.state = chat.state ?? "";
      mark.title = texts[chat.state] ?? "";
      mark.replaceChildren(chat.state ? `(${mark.title})` : "");
    }
    if (row.chat?.found || chat.found) showFound(row.querySelector(".found"), chat.found, words);
    row.chat = chat;
    return row;
  }

  #links() {
    return [...this.#box.querySelectorAll("li > a:not([hidden])")];
  }

  #move(event) {
    if (!event.target.matches("li > a") || event.altKey || event.ctrlKey || event.metaKey) return;
    const links = this.#links(), at = links.indexOf(event.target);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key];
    if (!links[next]) return;
    event.preventDefault();
    links[next].focus();
  }

  #stopAt(row) {
    if (!row || row === this.#stop) return;
    const parts = (of) => of?.querySelectorAll("a, .dots") ?? [];
    for (const part of parts(this.#stop)) part.tabIndex = -1;
    for (const part of parts(row)) part.tabIndex = 0;
    this.#stop = row;
  }
}
