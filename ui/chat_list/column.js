// The column of chats. A chat is opened by its address: whoever can show one without loading the page anew listens for
// the event "open-chat" and prevents its default.
import { makeDrawer } from "./drawer.js";
import { makeFiles } from "./files.js";
import { makeMenu } from "./menu.js";
import { Rows, copyOf } from "./rows.js";

const EVERY = 4_000, TYPING = 200, UNDO = 10_000; // milliseconds
const MOST = 1_000, MOST_FOUND = 100; // chats that one answer holds

const holder = document.createElement("div");
holder.id = "chat-list";
holder.innerHTML = await (await fetch("chat_list/column.html")).text();
document.body.prepend(holder);

const part = (selector) => holder.querySelector(selector);
const [search, note, older, undo, confirmation] = [".search", ".note", ".older", ".undo", "#chats-confirm"].map(part);
const { chats: texts } = window.words;
const drawer = makeDrawer({ toggle: part("#chats-toggle"), column: part("#chats"), backdrop: part("#chats-backdrop") });
const menu = makeMenu(part("#chats-menu"));
const rows = new Rows(part(".groups"), {
  menuOn: (button, chat) => menu.on(button, () => itemsOf(chat())),
  titled: (chat, title) => change(chat, { title }),
});

const currentId = () => new URLSearchParams(location.search).get("chat") ?? "";
const wordsOf = (text) => text.trim().split(/\s+/).filter(Boolean);

// The list, and how it stays what it is on the server.

let shown = {}, request = null, timer = 0;

const refresh = async () => {
  clearTimeout(timer);
  request?.abort();
  const { signal } = (request = new AbortController());
  const query = search.value.trim(), day = new Date().toDateString();
  try {
    const known = shown.query === query && shown.day === day ? { "If-None-Match": shown.tag } : {};
    const response = await fetch(`chats?${new URLSearchParams({ search: query })}`, { headers: known, signal });
    if (!response.ok && response.status !== 304) throw new Error(response.statusText);
    const chats = response.status === 304 ? shown.chats : await response.json();
    if (!rows.isRenaming) show({ chats, query, day, tag: response.headers.get("etag") });
  } catch {
    if (signal.aborted) return; // a later request is under way
    shown = {};
    note.textContent = texts.failed;
  }
  timer = setTimeout(keepInStep, EVERY);
};

const show = (next) => {
  if (next.chats !== shown.chats) rows.paint(next.chats, { words: wordsOf(next.query), current: currentId() });
  shown = next;
  rows.markCurrent(currentId());
  say(sentence(next));
  older.hidden = Boolean(next.query) || next.chats.length < MOST;
};

const sentence = ({ chats, query }) => {
  const count = chats.length;
  if (!query) return count ? "" : texts.none;
  return count ? said(count < MOST_FOUND ? texts.found : texts.many, { count }) : texts.nothing;
};

const say = (text) => {
  if (note.textContent !== text) note.textContent = text; // said again, it would be read out again
};

// A page that nobody sees does not ask, nor one whose search would be made again and again.
const keepInStep = () => {
  if (!document.hidden && !search.value.trim()) refresh();
  else timer = setTimeout(keepInStep, EVERY);
};

// What a person does with chats.

const send = async (method, address, body) => {
  try {
    return (await fetch(address, { method, body: body && JSON.stringify(body) })).ok;
  } catch {
    return false;
  }
};

const act = async (...request) => {
  const isDone = await send(...request);
  await refresh();
  if (!isDone) note.textContent = texts.gone;
  return isDone;
};

const addressOf = (chat) => `chats/${encodeURIComponent(chat.id)}`;
const change = (chat, values) => act("POST", addressOf(chat), values);

const tell = (problem) => {
  undo.querySelector(".problem")?.remove();
  if (!problem) return;
  const line = copyOf("chats-problem");
  line.querySelector("span").textContent = problem;
  line.querySelector("button").addEventListener("click", () => {
    line.remove();
    part(".more").focus();
  });
  undo.append(line);
};

const files = makeFiles({
  picker: part(".picker"), replay: part("#chats-replay"), unreached: texts.unreached, tell,
  open: async (id) => {
    offer(id);
    await refresh();
    rows.focus(id);
  },
});

const exportsOf = (chat) => [
  [texts.markdown, () => files.download(addressOf(chat), "markdown")],
  [texts.notebook, () => files.download(addressOf(chat), "notebook")],
  [texts.html, () => files.download(addressOf(chat), "html")],
  [texts.json, () => files.download(addressOf(chat), "json")],
];

const itemsOf = (chat) => [
  [texts.rename, () => rows.rename(chat)],
  [chat.pinned ? texts.unpin : texts.pin, async () => {
    await change(chat, { pinned: !chat.pinned });
    rows.focus(chat.id);
  }],
  [texts.replay, () => files.replay(addressOf(chat), chat.title)],
  { label: texts.export, items: exportsOf(chat) },
  [texts.delete, () => remove(chat)],
];

const remove = async (chat) => {
  rows.leave(chat.id);
  if (!(await act("DELETE", addressOf(chat)))) return;
  if (chat.id === currentId()) offer("");
  const line = copyOf("chats-deleted");
  const end = () => {
    if (line.contains(document.activeElement)) part(".new").focus();
    line.remove();
  };
  line.querySelector("b").textContent = chat.title;
  line.querySelector("button").addEventListener("click", async () => {
    if (await act("POST", `${addressOf(chat)}/restore`)) rows.focus(chat.id);
    end();
  });
  undo.append(line);
  setTimeout(end, UNDO);
};

menu.on(part(".more"), () => [[texts.import, files.choose], [texts.all, () => confirmation.showModal()]]);
confirmation.addEventListener("close", async () => {
  if (confirmation.returnValue !== "delete") return;
  confirmation.returnValue = "";
  if (!(await act("DELETE", "chats"))) return;
  undo.replaceChildren();
  offer("");
});

// A button beside the chat that is shown: what it can be saved as.
addEventListener("export-chat", ({ detail }) => menu.open(detail, exportsOf({ id: currentId() })));

// Opening a chat, or none: a new one.

// Returns whether somebody has taken it.
const offer = (id) => !dispatchEvent(new CustomEvent("open-chat", { detail: id, cancelable: true }));

holder.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  if (offer(new URL(link.href).searchParams.get("chat") ?? "")) event.preventDefault();
  drawer.closeIfOver();
});

let typing = 0;
search.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(refresh, TYPING);
});
search.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown") rows.focusFirst();
  if (event.key !== "Escape" || !search.value) return;
  event.preventDefault();
  search.value = "";
  refresh();
});
document.addEventListener("visibilitychange", () => document.hidden || refresh());
addEventListener("popstate", () => rows.markCurrent(currentId()));
window.navigation?.addEventListener("currententrychange", refresh); // a new chat has got its address
addEventListener("run-over", refresh); // what is said of it here, as it is told below the chat (status.js)
refresh();
