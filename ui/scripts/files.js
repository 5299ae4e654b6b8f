// The tab with the files of the chat's workspace: the last written first, those of a folder together. It follows the chat,
// and the button that opens it says how many there are.
(() => {
  const PHONE = matchMedia("(max-width: 768px)");
  const NOTHING = { count: 0, zip: true, files: [] };
  const byId = id => document.getElementById(id);
  let root; // what the tab holds
  const part = selector => root.querySelector(selector);
  const make = (tag, values, ...inner) => {
    const made = Object.assign(document.createElement(tag), values);
    made.append(...inner);
    return made;
  };
  const folded = new Set(); // folders that a person closed
  let chat = "", seen = "", shown = ""; // the list's chat, its version that was asked for, and what was painted

  const addressOf = name => `files/${chat}/${name.split("/").map(encodeURIComponent).join("/")}`;
  const folderOf = name => name.slice(0, name.lastIndexOf("/") + 1);
  const when = seconds => {
    const date = new Date(seconds * 1_000);
    const isToday = date.toDateString() === new Date().toDateString();
    return isToday ? date.toLocaleTimeString(words.language, { timeStyle: "short" }) : date.toLocaleDateString(words.language, { dateStyle: "medium" });
  };

  // Put a file's name into the question: the agent has the file already.
  const use = name => {
    byId("file-preview").close();
    if (PHONE.matches) byId("close-panel").click();
    const box = document.querySelector("#question textarea");
    box.value = `${[box.value.trimEnd(), `"${name}"`].filter(Boolean).join(" ")} `;
    box.dispatchEvent(new Event("input"));
    box.focus();
  };

  const row = file => {
    const { name } = file, bare = name.slice(folderOf(name).length);
    const about = `${file.about} · ${when(file.modified)}`;
    const open = make("button", { type: "button", className: "open" }, make("span", { className: "name", textContent: bare }), make("small", { textContent: about }));
    const save = make("a", { className: "save", href: addressOf(name), download: "", ariaLabel: said(words.files.download, { name: bare }) });
    const useIt = make("button", { type: "button", className: "use", ariaLabel: said(words.files.use, { name: bare }) });
    for (const control of [save, useIt]) control.title = control.ariaLabel;
    open.addEventListener("click", () => window.filePreview.open(file, { chat, address: addressOf(name), use: () => use(name) }));
    useIt.addEventListener("click", () => use(name));
    const made = make("li", {}, open, save, useIt);
    made.dataset.name = name;
    return made;
  };
  const list = files => make("ul", {}, ...files.map(row));
  const folder = ([name, files]) => {
    const made = make("details", { open: !folded.has(name) }, make("summary", { textContent: `${name} (${files.length})` }), list(files));
    made.addEventListener("toggle", () => folded[made.open ? "delete" : "add"](name));
    return made;
  };

  const paint = found => {
    if (shown === chat + JSON.stringify(found)) return;
    shown = chat + JSON.stringify(found);
    const focused = document.activeElement?.closest("#files-list li");
    const { name } = focused?.dataset ?? {}, { className } = document.activeElement ?? {};
    const { "": top = [], ...folders } = byFolder(found.files);
    part(".lists").replaceChildren(list(top), ...Object.entries(folders).map(folder));
    const { empty, more } = words.files;
    const isCut = found.count > found.files.length;
    say(found.count ? isCut ? said(more, { shown: found.files.length, count: found.count }) : "" : empty);
    part(".all").hidden = !found.count;
    [part(".zip").hidden, part(".no-zip").hidden] = [!found.zip, found.zip];
    part(".zip").href = `archives/${chat}`;
    sayCount(found.count);
    if (name) part(`li[data-name="${CSS.escape(name)}"] .${className}`)?.focus();
  };
  const byFolder = files => {
    const folders = {};
    for (const file of files) (folders[folderOf(file.name)] ??= []).push(file);
    return folders;
  };
  const say = text => { part(".state").textContent = text; };
  const sayCount = count => {
    const button = byId("open-files");
    if (count) {
      button.dataset.count = count;
      button.ariaLabel = said(words.files.count, { count });
    } else {
      delete button.dataset.count;
      button.removeAttribute("aria-label");
    }
  };

  const load = async () => {
    const of = chat;
    try {
      const reply = await fetch(`files/${of}`);
      if (!reply.ok && reply.status !== 404) throw new Error(reply.statusText);
      const found = reply.ok ? await reply.json() : NOTHING;
      if (of === chat) paint(found);
    } catch {
      if (of !== chat) return;
      [seen, shown] = ["", ""]; // the next pulse tries again
      say(words.files.failed);
    }
  };
  const follow = ({ detail }) => {
    if (detail.id !== chat) {
      [chat, seen] = [detail.id, ""];
      paint(NOTHING);
    }
    const isSeen = document.documentElement.dataset.panel === "files";
    // What a run writes is looked for while it goes on only if somebody sees it.
    if (!detail.chat || detail.chat === seen || (detail.running && !isSeen)) return;
    seen = detail.chat;
    load();
  };

  // The tab is made when it is first opened.
  const fillTab = () => {
    const place = document.querySelector("#files-panel .place");
    if (place && !place.contains(root)) place.append(root);
  };

  const begin = () => {
    if (!["files-list", "open-files", "panel"].every(byId)) return setTimeout(begin, 100);
    root = byId("files-list");
    root.remove();
    document.body.append(byId("file-preview"), byId("drop-here"));
    paint(NOTHING);
    fillTab();
    new MutationObserver(fillTab).observe(byId("panel"), { childList: true, subtree: true });
    addEventListener("pulse", follow);
  };
  begin();
})();
