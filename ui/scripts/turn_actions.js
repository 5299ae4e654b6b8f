// Buttons beside what the chat shows: pass on what was pressed. The list of chats has the menu of what it can be saved as.
(() => {
  const BEGINS = /^(go_on|on_from|retry|run_again)\b/; // a run, which can be stopped from then on
  window.pressAct = act => {
    if (window.sending.isSending) return; // the chat is about to change
    window.pressedAct = act;
    if (BEGINS.test(act)) window.sending.act();
    document.querySelector("#act").click();
  };
  addEventListener("click", event => {
    const button = event.target.closest?.(":is(#history, #editing) .turn-bar button");
    if (!button) return;
    if (button.value === "export") return dispatchEvent(new CustomEvent("export-chat", { detail: button }));
    if (button.value === "settings") return document.querySelector("#open-settings[aria-expanded=false]")?.click();
    window.pressAct(button.value);
  });
})();
