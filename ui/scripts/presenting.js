// For those who present: `setPresenting({ everything, large })` opens all steps of all turns, and makes the type larger.
// What is not named stays as it is; what was chosen is there on the next visit, too.
(() => {
  const KEPT = "glassbox-presenting";

  const show = ({ everything, large }) => {
    const { dataset } = document.body;
    everything ? (dataset.show = "everything") : delete dataset.show;
    large ? (dataset.size = "large") : delete dataset.size;
  };
  const read = () => {
    try {
      return JSON.parse(localStorage.getItem(KEPT)) ?? {};
    } catch {
      return {}; // nothing may be kept here, or it is not ours
    }
  };

  window.setPresenting = chosen => {
    const all = { ...read(), ...chosen };
    show(all);
    try {
      localStorage.setItem(KEPT, JSON.stringify(all));
    } catch {
      // It holds until the page is left.
    }
  };

  const begin = () => show(read());
  document.body ? begin() : addEventListener("DOMContentLoaded", begin);
})();
