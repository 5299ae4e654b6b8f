// Each block of a message, each title and what is typed stand in the direction of their own words: Arabic and Hebrew from
// right to left, in a page of any language (styles/direction.css keeps code as it is).
(() => {
  // Those within others take theirs: what has a direction of its own would not count for that of its block.
  const OUTER = ":is(blockquote, ul, ol, details, table, dl)";
  const BLOCKS = `#chat .md :is(p, h1, h2, h3, h4, h5, h6, ${OUTER}):not([dir], ${OUTER} *), #question textarea`;
  const mend = root => {
    if (root.matches?.(BLOCKS)) root.dir = "auto";
    root.querySelectorAll?.(BLOCKS).forEach(block => { block.dir = "auto"; });
  };
  new MutationObserver(changes => {
    for (const { type, target, addedNodes } of changes) {
      if (type === "childList") addedNodes.forEach(mend);
      else if (target.dir !== "auto" && target.matches("#question textarea")) mend(target); // Gradio gives it its own
    }
  }).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ["dir"] });
})();
