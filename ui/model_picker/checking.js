// Tests whether a model answers, and says what came of it. A second test, or closing what asked for it, ends the first.
export const makeCheck = () => {
  const { check: texts } = window.words;
  let running = null;

  const stop = () => {
    running?.abort();
    running = null;
  };

  // current: source, model, address and key. place: where to say it.
  const check = async ({ source, model, address, key }, place) => {
    stop();
    const mine = (running = new AbortController());
    const chat = new URLSearchParams(location.search).get("chat") ?? "";
    place.textContent = texts.asking;
    place.dataset.works = "";
    try {
      const body = JSON.stringify({ chat, source, model, address, key });
      const response = await fetch("models/check", { method: "POST", body, signal: mine.signal });
      const { works, text } = response.ok ? await response.json() : { works: false, text: await response.text() };
      place.textContent = text;
      place.dataset.works = works;
    } catch {
      place.textContent = mine.signal.aborted ? "" : texts.failed;
    }
  };

  return { check, stop };
};
