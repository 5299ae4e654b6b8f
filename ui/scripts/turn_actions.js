// Buttons beside what the chat shows: pass on what was pressed.
addEventListener("click", event => {
  const button = event.target.closest?.(":is(#history, #editing) .turn-bar button");
  if (!button) return;
  window.pressedAct = button.value;
  document.querySelector("#act")?.click();
});
