// One line below the chat says what happens now, with the seconds since it began: `showStatus(text)`; "" for nothing,
// which the event "run-over" tells. After a tab, the text may say how many seconds it has been going on already.
// A screen reader is told the words. The number, which changes every second, stands outside of what it listens to.
(() => {
  const AFTER = 2; // seconds before they are counted for all to see
  let began = 0;

  const tick = () => {
    const seconds = Math.floor((performance.now() - began) / 1000);
    const count = document.querySelector("#status .seconds");
    const isShown = count?.closest(".shown") && seconds >= AFTER;
    if (count) count.textContent = isShown ? ` · ${said(words.page.seconds, { seconds })}` : "";
  };

  window.showStatus = told => {
    const [text, seconds = 0] = told.split("\t");
    const line = document.querySelector("#status [role=status]");
    if (!line || line.textContent === text) return;
    line.textContent = text;
    line.closest("#status").classList.toggle("shown", Boolean(text));
    if (!text) dispatchEvent(new Event("run-over"));
    began = performance.now() - 1_000 * seconds;
    tick();
  };
  setInterval(tick, 1_000);

  const measure = () => {
    const composer = document.getElementById("composer");
    if (!composer) return setTimeout(measure, 200);
    const tell = () => document.documentElement.style.setProperty("--composer-height", `${composer.offsetHeight}px`);
    new ResizeObserver(tell).observe(composer);
  };
  measure();
})();
