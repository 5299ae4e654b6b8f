// What is sent while a run goes on waits above the box as the next question. It is asked by itself when the run ends
// with an answer; else it stays, with a button to send it. Each chat has its own; texts outlive a reload.
(() => {
  const KEPT = "glassbox-next";
  const POLL = 200; // milliseconds
  const place = () => document.getElementById("next");
  const chat = () => new URLSearchParams(location.search).get("chat") ?? "";
  let waiting = []; // { chat, box }
  let ran = null; // the chat whose run goes on

  const keep = () => sessionStorage.setItem(KEPT, JSON.stringify(waiting.map(({ chat, box }) => [chat, box.text])));
  const restore = () => {
    try {
      const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
      waiting = kept.filter(([, text]) => text.trim()).map(([chat, text]) => ({ chat, box: { text, files: [] } }));
    } catch {
      sessionStorage.removeItem(KEPT); // it is not ours
    }
  };
  const ofChat = () => waiting.filter(one => one.chat === chat());
  const remove = one => {
    waiting = waiting.filter(other => other !== one);
    paint();
    return one.box;
  };
  const button = (text, act, values = {}) => {
    const made = Object.assign(document.createElement("button"), { type: "button", textContent: text, ...values });
    made.addEventListener("click", act);
    return made;
  };
  const chip = (one, at) => {
    const made = Object.assign(document.createElement("div"), { className: "next-question" }), line = document.createElement("span");
    const { text, files } = one.box;
    line.textContent = `${words.next.next} ${text.trim()}${files.length ? ` (${words.next.files})` : ""}`;
    const back = said(words.next.back, { question: text.trim().slice(0, 80) });
    made.append(line, button("✕", () => window.sending.fill(remove(one)), { ariaLabel: back }));
    if (!at && !window.sending.isBusy) line.after(button(words.next.now, () => window.sending.ask(remove(one))));
    return made;
  };
  const paint = () => {
    place()?.replaceChildren(...ofChat().map(chip));
    keep();
  };

  // Why the chat's run has ended; "" if the chat goes on, or another one is shown. The page shows a run's end before the
  // app has kept the run, and a busy app may not answer at once.
  const endOfRun = async id => {
    while (chat() === id && !window.sending.isBusy) {
      const { running, ended } = await window.pulse.ask().catch(() => ({ running: true }));
      if (!running) return ended;
      await new Promise(go => setTimeout(go, POLL));
    }
    return "";
  };

  const look = async () => {
    const now = chat(), isBusy = window.sending.isBusy;
    if (isBusy) {
      if (ran !== now) paint();
      ran = now;
      return;
    }
    if (ran === null) return;
    const ended = ran;
    ran = null;
    const first = ended === now ? ofChat()[0] : null;
    paint();
    if (!first || (await endOfRun(now)) !== "answer") return;
    if (chat() === now && !window.sending.isBusy && waiting.includes(first)) window.sending.ask(remove(first));
  };

  window.nextQuestions = {
    add: box => {
      waiting.push({ chat: chat(), box });
      paint();
    },
    // What waits in a chat that had no address yet is that chat's.
    adopt: id => {
      for (const one of waiting) one.chat ||= id;
      if (ran === "") ran = id;
      paint();
    },
  };

  const begin = () => {
    if (!place() || !document.getElementById("ask") || !window.sending) return setTimeout(begin, 100);
    restore();
    paint();
    new MutationObserver(look).observe(document.getElementById("ask"), { childList: true, subtree: true, attributes: true });
    addEventListener("pulse", look);
    window.navigation?.addEventListener("currententrychange", paint);
    addEventListener("popstate", paint);
  };
  begin();
})();
