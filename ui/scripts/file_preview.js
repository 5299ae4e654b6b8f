// The dialog that shows what is in a file, or a picture of the chat. Of a stranger's file only texts come here, as data, and
// pictures; they are shown as what they are, and nothing in them runs.
(() => {
  const NUMBER = /^\s*[-+−]?[\d.,]+(e[-+]?\d+)?%?\s*$/i;
  const dialog = () => document.getElementById("file-preview");
  const part = selector => dialog().querySelector(selector);
  const make = (tag, values) => Object.assign(document.createElement(tag), values);
  let now = null; // what is shown

  const say = text => { part(".note").textContent = text; };

  const tableOf = ([names = [], ...rows]) => {
    const table = make("table"), head = table.createTHead().insertRow(), body = table.createTBody();
    const isNumber = names.map((_, at) => rows.some(row => row[at]) && rows.every(row => !row[at] || NUMBER.test(row[at])));
    names.forEach((textContent, at) => head.append(make("th", { textContent, scope: "col", className: isNumber[at] ? "number" : "" })));
    for (const cells of rows) {
      const row = body.insertRow();
      cells.forEach((textContent, at) => row.append(make("td", { textContent, className: isNumber[at] ? "number" : "" })));
    }
    return table;
  };
  const content = ({ table, text }) => {
    if (table) return [tableOf(table)];
    return text === null ? [] : [make("pre", { textContent: text })];
  };

  const read = async (chat, name) => {
    const { reading, unreadable } = words.files;
    say(reading);
    try {
      const reply = await fetch(`previews/${chat}/${name.split("/").map(encodeURIComponent).join("/")}`);
      const found = reply.ok ? await reply.json() : { note: reply.status < 500 ? await reply.text() : unreadable, table: null, text: null };
      if (now !== name || !dialog().open) return;
      say(found.note);
      fill(...content(found));
    } catch {
      if (now === name) say(unreadable);
    }
  };
  const fill = (...shown) => {
    part(".shown").replaceChildren(...shown);
    part(".shown").hidden = !shown.length;
  };

  const show = (name, address, use) => {
    now = name;
    part("h2").textContent = name;
    Object.assign(part(".save"), { href: address, download: "" });
    part(".use").hidden = !use;
    part(".use").onclick = use;
    part(".close").onclick = () => dialog().close();
    dialog().onclick = event => { if (event.target === dialog()) dialog().close(); }; // beside it
    fill();
    dialog().showModal();
  };
  const picture = (src, alt) => fill(make("img", { src, alt }));

  window.filePreview = {
    // file: as it is listed. chat: whose. address: where it is fetched. use: puts it into the next question.
    open: (file, { chat, address, use }) => {
      show(file.name, address, use);
      if (!file.picture) return read(chat, file.name);
      say(file.about);
      picture(`${address}?picture`, file.name);
    },
    openPicture: ({ src, alt }) => {
      show(alt, src);
      say("");
      picture(src, alt);
    },
  };
})();
