// Gradio's sign that a page loads counts the time in every frame, and goes on once it is gone, so that an open page would
// keep the processor at work for ever. Nobody sees that clock here: it goes once in a while.
(() => {
  const CLOCK = /^\(\) ?=> ?\{.{1,9}\(performance\.now\(\)/, PAUSE = 10_000; // milliseconds
  const request = window.requestAnimationFrame.bind(window);

  window.requestAnimationFrame = callback =>
    CLOCK.test(callback) ? void setTimeout(callback, PAUSE) : request(callback);
})();
