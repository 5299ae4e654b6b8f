// What a person selects in a message stays selected, although each word that comes has Gradio draw the message anew.
(() => {
  const PART = "#chat .bot-row .md";
  let kept = null; // the part; from where to where, in characters; its text up to there; and the selection itself

  const lengthTo = (part, node, offset) => {
    const range = document.createRange();
    range.setStart(part, 0);
    range.setEnd(node, offset);
    return range.toString().length;
  };
  const placeAt = (part, length) => {
    const texts = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
      if (length <= node.length) return [node, length];
      length -= node.length;
    }
    return null;
  };
  const places = ({ anchorNode, anchorOffset, focusNode, focusOffset }) => [anchorNode, anchorOffset, focusNode, focusOffset];
  const isSame = selection => places(selection).every((value, at) => value === kept.places[at]);

  const keep = () => {
    const selection = getSelection(), { anchorNode, focusNode } = selection;
    const part = anchorNode?.parentElement?.closest(PART);
    if (part?.contains(focusNode)) {
      const [from, to] = [[anchorNode, selection.anchorOffset], [focusNode, selection.focusOffset]].map(place => lengthTo(part, ...place));
      kept = { part, from, to, text: part.textContent.slice(0, Math.max(from, to)), places: places(selection) };
    } else if (kept?.part.isConnected) kept = null; // else it is drawn elsewhere in a moment
  };
  const bringBack = () => {
    const selection = getSelection();
    if (!kept || isSame(selection)) return;
    const holds = part => part.textContent.startsWith(kept.text);
    const part = [kept.part, ...[...document.querySelectorAll(PART)].reverse()].find(part => part.isConnected && holds(part));
    const [from, to] = part ? [placeAt(part, kept.from), placeAt(part, kept.to)] : [];
    if (from && to) selection.setBaseAndExtent(...from, ...to);
  };

  const watch = () => {
    const chat = document.getElementById("chat");
    if (!chat) return setTimeout(watch, 200);
    document.addEventListener("selectionchange", keep);
    for (const left of ["pointerdown", "focusin"]) addEventListener(left, () => { kept = null; }, true);
    new MutationObserver(bringBack).observe(chat, { childList: true, subtree: true, characterData: true });
  };
  watch();
})();
