// Runs before the libraries of charts, which make HTML of a chart's words. What would have the browser look up a host, or
// holds a document of its own, is left out of it, and no text becomes a script.
(() => {
  "use strict";
  const loading = /<(?=\/?(?:iframe|frame|object|embed|link|meta|base|portal|fencedframe)\b)/gi;
  window.trustedTypes?.createPolicy("default", {
    createHTML: (html) => html.replace(loading, "&lt;"),
    createScript: () => null,
    createScriptURL: () => null,
  });
})();
