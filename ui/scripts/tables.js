// Tables in messages sort by the column whose head is pressed: upwards, downwards, and as they were.
(() => {
  const HEADS = "#history .md thead tr:last-child > th, #live .md thead tr:last-child > th";
  const MISSING = /^(|nan|nat|none|null|<na>|\.\.\.|…)$/i;
  const NUMBER = /^[-+−]?(\d+|\d{1,3}(,\d{3})+)?(\.\d*)?(e[-+]?\d+)?$/i;
  const DATE = /^\d{4}-\d\d(-\d\d)?([ T]|$)|^\d{1,2}\/\d{1,2}\/\d{4}|\b[a-z]{3,9}\.? \d/i;
  const GERMAN_DATE = /^(\d{1,2})\.(\d{1,2})\.(\d{4})/;
  const unsorted = new WeakMap(); // the bodies of sorted tables, as they were

  const toNumber = text => {
    const digits = text.replace(/^([-+−]?)[$€£¥] ?/, "$1").replace(/ ?[%$€£¥]$/, "");
    return NUMBER.test(digits) && /\d/.test(digits) ? Number(digits.replaceAll(",", "").replace("−", "-")) : NaN;
  };
  const toDate = text => {
    const german = GERMAN_DATE.exec(text);
    if (german) return Date.UTC(german[3], german[2] - 1, german[1]);
    return DATE.test(text) ? Date.parse(text) : NaN;
  };
  const { compare } = new Intl.Collator(undefined, { numeric: true });

  // Return what compares the texts of a column: as numbers or dates if all are.
  const comparison = texts => {
    for (const read of [toNumber, toDate]) {
      const values = new Map(texts.map(text => [text, read(text)]));
      if (![...values.values()].some(Number.isNaN)) return (a, b) => values.get(a) - values.get(b);
    }
    return compare;
  };

  // Give each row its own copy of the cells that reach into it from above.
  const withoutSpans = body => {
    const rows = [...body.rows];
    rows.forEach((row, at) => {
      for (const cell of [...row.cells].filter(cell => cell.rowSpan > 1)) {
        const place = [...row.cells].indexOf(cell), last = Math.min(rows.length, at + cell.rowSpan);
        cell.rowSpan = 1;
        for (const below of rows.slice(at + 1, last)) below.insertBefore(cell.cloneNode(true), below.cells[place] ?? null);
      }
    });
    return rows;
  };

  const sorted = (body, column, sign) => {
    const copy = body.cloneNode(true);
    const keyed = withoutSpans(copy).map(row => ({ row, text: row.cells[column]?.textContent.trim() ?? "" }));
    const [missing, filled] = [true, false].map(is => keyed.filter(({ text }) => MISSING.test(text) === is));
    const order = comparison(filled.map(({ text }) => text));
    copy.append(...filled.sort((a, b) => sign * order(a.text, b.text)).concat(missing).map(({ row }) => row));
    return copy;
  };

  const sort = head => {
    const table = head.closest("table"), body = table.tBodies[0];
    if (!body) return;
    const next = { none: "ascending", ascending: "descending" }[head.ariaSort ?? "none"] ?? "none";
    for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
    const original = unsorted.get(table) ?? body;
    unsorted.set(table, original);
    let column = 0;
    for (let before = head.previousElementSibling; before; before = before.previousElementSibling) column += before.colSpan;
    if (next !== "none") head.ariaSort = next;
    body.replaceWith(next === "none" ? original : sorted(original, column, next === "ascending" ? 1 : -1));
  };

  const headOf = ({ target }) => target.closest?.("a") ? null : target.closest?.(`:is(${HEADS})[tabindex]`);
  addEventListener("click", event => {
    const head = headOf(event), selection = getSelection();
    if (head && (selection.isCollapsed || !head.contains(selection.anchorNode))) sort(head);
  });
  addEventListener("mousedown", event => {
    if (event.detail > 1 && headOf(event)) event.preventDefault(); // else the second press would select its word
  });
  addEventListener("keydown", event => {
    const head = ["Enter", " "].includes(event.key) && headOf(event);
    if (!head) return;
    event.preventDefault(); // else the page would scroll
    sort(head);
  });
  // The keyboard reaches the heads of each table that appears, if there is something to sort.
  new MutationObserver(changes => {
    const added = changes.flatMap(({ addedNodes }) => [...addedNodes]);
    for (const head of added.flatMap(node => [...node.querySelectorAll?.("thead th") ?? []])) {
      if (head.matches(HEADS) && head.closest("table").tBodies[0]?.rows.length > 1) head.tabIndex = 0;
    }
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
