// A picture in the chat, which accessibility.js has made a button, opens large, from where it can be downloaded.
(() => {
  const PICTURE = "#chat img[role=button]";
  const open = event => {
    if (!event.target.matches?.(PICTURE)) return;
    event.preventDefault();
    event.stopPropagation();
    window.filePreview.openPicture(event.target);
  };
  addEventListener("click", open, true);
  addEventListener("keydown", event => ["Enter", " "].includes(event.key) && open(event), true);
})();
