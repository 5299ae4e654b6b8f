// The links below an answer copy the text at their address. Where the browser lets no page copy, because it came over
// plain http from another machine, they lead to the text.
(() => {
  const SHOWN = 2_500; // milliseconds
  const status = Object.assign(document.createElement("p"), { id: "copied", role: "status" });
  if (document.body) document.body.append(status);
  else addEventListener("DOMContentLoaded", () => document.body.append(status));

  const textAt = async (address) => {
    const response = await fetch(address);
    if (!response.ok) throw new Error();
    return new Blob([await response.text()], { type: "text/plain" });
  };
  const say = (link, text) => {
    link.dataset.said = status.textContent = text;
    setTimeout(() => {
      delete link.dataset.said;
      status.textContent = "";
    }, SHOWN);
  };

  document.addEventListener("click", async event => {
    const link = event.target.closest?.("#chat .copies a");
    if (!link || !navigator.clipboard?.write) return;
    event.preventDefault();
    try {
      // The text comes as a promise: after waiting for it, some browsers would no longer see the click.
      await navigator.clipboard.write([new ClipboardItem({ "text/plain": textAt(link.href) })]);
      say(link, said(words.page.copied));
    } catch {
      say(link, said(words.page.not_copied));
    }
  });
})();
