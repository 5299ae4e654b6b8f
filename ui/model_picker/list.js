// The list of models: draws its groups, keeps those that a search names, and moves the choice by keys. The focus stays in
// the search box; what is chosen with Enter is marked there as the active option.
const { models: texts } = window.words;

export const sameModel = (one, other) =>
  ["source", "model", "address"].every((name) => (one[name] ?? "") === (other[name] ?? ""));

const element = (name, className, text) => Object.assign(document.createElement(name), { className, textContent: text });

// 32k, 200k, 1M: as people say it, in thousands or in powers of two.
const shortCount = (count) =>
  count >= 1e6
    ? said(texts.millions, { count: Math.round(count / 1e5) / 10 })
    : said(texts.thousands, { count: Math.round(count / (count % 1024 ? 1000 : 1024)) });

export class ModelList {
  #list; #search; #note; #choose; #rows = []; #active = null;

  // list, search, note: the parts of the page. choose: what to do with a model that was chosen.
  constructor({ list, search, note, choose }) {
    [this.#list, this.#search, this.#note, this.#choose] = [list, search, note, choose];
    search.addEventListener("input", () => this.#filter());
    search.addEventListener("keydown", (event) => this.#onKey(event));
    list.addEventListener("click", (event) => {
      const row = this.#rows.find((row) => row.element.contains(event.target));
      if (row) this.#pick(row);
    });
    list.addEventListener("mousedown", (event) => event.preventDefault()); // else the search box loses the focus
  }

  // groups: each a title, a note and models. current: the model that answers now.
  paint(groups, current) {
    this.#rows = [];
    this.#list.replaceChildren(...groups.filter(({ models }) => models.length).map((group) => this.#group(group)));
    this.mark(current);
    this.#filter();
  }

  mark(current) {
    const chosen = this.#rows.find(({ model }) => sameModel(model, current)); // a recent one stands in two groups
    for (const row of this.#rows) row.element.setAttribute("aria-selected", row === chosen);
  }

  #group({ title, note, models }) {
    const group = element("div", "group", ""), heading = element("div", "heading", title);
    heading.ariaHidden = true; // in a list of options nothing else may stand; its words name the group
    if (note) heading.append(" ", element("small", "", note));
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", heading.textContent);
    group.append(heading, ...models.map((model) => this.#row(model, title, group)));
    return group;
  }

  #row(model, title, group) {
    const row = element("div", "row", "");
    row.id = `model-${this.#rows.length}`;
    row.setAttribute("role", "option");
    row.append(element("span", "name", model.title), element("span", "about", this.#about(model)));
    row.title = model.model ?? "";
    this.#rows.push({ element: row, group, model, text: `${title} ${model.title} ${model.model ?? ""}`.toLowerCase() });
    return row;
  }

  #about({ about, source, model = "", tools, pictures, context }) {
    const owners = model.split("/").slice(source === "hub" ? 0 : 1, -1); // the first part of the others is their provider
    const size = context && said(texts.context, { count: shortCount(context) });
    return [about ?? owners.join("/"), tools && texts.tools, pictures && texts.pictures, size].filter(Boolean).join(" · ");
  }

  #filter() {
    const words = this.#search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of this.#rows) row.element.hidden = !words.every((word) => row.text.includes(word));
    const shown = this.#shown();
    for (const { group } of this.#rows) group.hidden = !shown.some((row) => row.group === group);
    this.#note.textContent = shown.length ? said(texts.shown, { count: shown.length }) : texts.none;
    this.#activate(words.length ? shown[0] : null);
  }

  #shown() {
    return this.#rows.filter((row) => !row.element.hidden);
  }

  #activate(row) {
    this.#active?.element.classList.remove("active");
    this.#active = row ?? null;
    this.#search.setAttribute("aria-activedescendant", row?.element.id ?? "");
    row?.element.classList.add("active");
    row?.element.scrollIntoView({ block: "nearest" });
  }

  #onKey(event) {
    const shown = this.#shown(), at = shown.indexOf(this.#active), last = shown.length - 1;
    const next = {
      ArrowDown: Math.min(at + 1, last), ArrowUp: at < 0 ? last : Math.max(at - 1, 0),
      PageDown: Math.min(at + 8, last), PageUp: Math.max(at - 8, 0),
    }[event.key];
    if (next !== undefined) this.#activate(shown[next]);
    else if (event.key === "Enter" && this.#active) this.#pick(this.#active);
    else return;
    event.preventDefault();
  }

  #pick(row) {
    this.#activate(row);
    this.#choose(row.model);
  }
}
