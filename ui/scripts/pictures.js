// A picture in the chat opens large, from where it can be downloaded.
(() => {
  const PICTURE = "#chat .bot-row .md img:not(a img)"; // as in accessibility.js
  const open = event => {
    if (!event.target.matches?.(PICTURE)) return;
    event.preventDefault();
    event.stopPropagation();
    window.filePreview.openPicture(event.target);
  };
  addEventListener("click", open, true);
  addEventListener("keydown", event => ["Enter", " "].includes(event.key) && open(event), true);
})();
