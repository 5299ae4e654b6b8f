// Buttons beside what the chat shows: pass on what was pressed.
addEventListener("click", event => {
  const button = event.target.closest?.(":is(#history, #editing) button[data-act]");
  if (!button) return;
  window.pressedAct = button.dataset.act;
  document.querySelector("#act")?.click();
});
