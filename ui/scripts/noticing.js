// Says in the title of a page that nobody sees, and by a notification if the person allowed them, that the agent asks
// something or is done.
(() => {
  const button = () => document.querySelector("#notify button");
  const isPossible = () => "Notification" in window && isSecureContext;
  let title = null; // the page's own, while another stands there
  let before = {}; // what the last pulse said

  const tell = (template, text) => {
    const news = said(template, { text });
    title ??= document.title;
    document.title = news;
    if (!isPossible() || Notification.permission !== "granted") return;
    const shown = new Notification(news, { tag: before.id });
    shown.addEventListener("click", () => {
      window.focus();
      shown.close();
    });
  };
  addEventListener("pulse", ({ detail }) => {
    if (!button()) return;
    button().hidden = !(detail.running && isPossible() && Notification.permission === "default");
    const { id, running, asks } = before;
    before = detail;
    if (!document.hidden || id !== detail.id) return;
    if (detail.asks && detail.asks !== asks) tell(words.notify.asks, detail.asks);
    else if (running && !detail.running) tell(detail.ended === "answer" ? words.notify.done : words.notify.ended, detail.question);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || title === null) return;
    document.title = title;
    title = null;
  });
  addEventListener("click", async event => {
    if (!event.target.closest?.("#notify button")) return;
    await Notification.requestPermission();
    button().hidden = true;
  });
})();
