// Notice that the app ends, is gone or was restarted, and that the chat went on in another tab or on another device.
// Who asks to know what goes on hears it as the event "pulse". What is typed outlives a reload.
(() => {
  const EVERY = 2_000, SHOWN = 30_000;
  const DRAFT = "glassbox-draft", APP = "glassbox-app";
  const box = () => document.querySelector("#question textarea");
  const isRunning = () => document.getElementById("stop")?.checkVisibility() ?? false;
  const say = state => { document.getElementById("composer").dataset.app = state; };
  let failed = 0, known; // known: the app that this page came from
  let differed = false; // whether another chat than that of the address was shown at the last look

  addEventListener("pagehide", () => {
    const unsent = [window.sending?.sent.text, box()?.value ?? ""].filter(Boolean).join("\n");
    sessionStorage.setItem(DRAFT, unsent);
  });

  const restoreDraft = () => {
    const draft = sessionStorage.getItem(DRAFT);
    if (!draft || box().value) return;
    box().value = draft;
    box().dispatchEvent(new Event("input"));
  };

  let last = {};
  const ask = async () => {
    const chat = new URLSearchParams(location.search).get("chat") ?? "";
    const reply = await fetch(`pulse?${new URLSearchParams({ chat, seen: document.hidden ? "" : 1 })}`, { signal: AbortSignal.timeout(5_000) });
    if (!reply.ok) throw new Error(reply.statusText);
    last = { ...(await reply.json()), id: chat };
    dispatchEvent(new CustomEvent("pulse", { detail: last }));
    return last;
  };

  const compare = ({ app, chat, ending }) => {
    if (known && app !== known) return location.reload(); // the page belongs to the app that is gone
    if (ending) say("ending");
    else if (failed) say("");
    const before = sessionStorage.getItem(APP);
    if (!known && before && app !== before) {
      say("restarted");
      setTimeout(() => say(""), SHOWN);
    }
    sessionStorage.setItem(APP, app);
    [known, failed] = [app, 0];
    const shown = document.querySelector("#version textarea, #version input")?.value;
    // Nothing is shown for a moment while a chat is opened; for longer where its view came before that of another one.
    const differs = Boolean(chat) && chat !== shown && !isRunning();
    if (differs && (shown || differed)) document.getElementById("open-chat")?.click();
    differed = differs;
  };

  const look = async () => {
    if (document.hidden && !last.running) return; // there is nothing to notice
    try {
      compare(await ask());
    } catch {
      if (++failed > 1) say("gone");
    }
  };
  const lookAgain = async () => {
    await look();
    setTimeout(lookAgain, EVERY);
  };

  const begin = () => {
    if (!box()) return setTimeout(begin, 100);
    restoreDraft();
    lookAgain();
    document.addEventListener("visibilitychange", look);
    window.navigation?.addEventListener("currententrychange", look); // another chat
  };
  window.pulse = { ask };
  begin();
})();
