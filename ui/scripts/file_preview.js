// The dialog that shows what is in a file. Of a stranger's file only texts come here, as data, and pictures; they are shown
// as what they are, and nothing in them runs.
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

  window.filePreview = {
    // file: as it is listed. chat: whose. address: where it is fetched. use: puts it into the next question.
    open: ({ name, about, picture }, { chat, address, use }) => {
      now = name;
      part("h2").textContent = name;
      part(".save").href = address;
      part(".use").onclick = use;
      part(".close").onclick = () => dialog().close();
      dialog().onclick = event => event.target === dialog() && dialog().close(); // beside it
      fill();
      if (picture) {
        say(about);
        fill(make("img", { src: `${address}?picture`, alt: name }));
      } else read(chat, name);
      dialog().showModal();
    },
  };
})();
