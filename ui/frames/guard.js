// Runs before anything else in a frame, so that what follows reaches nothing but its own document. The policies that
// come with the document close the network; this closes what they leave open: connections by WebRTC, which no policy
// covers, and links that have the browser look up a host's name. What follows may redefine anything that is global, so
// whatever is used later is taken now.
(() => {
  "use strict";
  const uncurried = (method) => Function.prototype.call.bind(method);
  const apply = Reflect.apply, asString = String;
  const indexOf = uncurried("".indexOf), lastIndexOf = uncurried("".lastIndexOf), slice = uncurried("".slice);
  const lower = uncurried("".toLowerCase);
  if (!window.trustedTypes) {
    stop();
    document.documentElement.textContent = "This browser cannot show this safely. Use a current one.";
    return;
  }

  // Elements that load something, or hold a document of their own.
  const loading = ["iframe", "frame", "object", "embed", "link", "portal", "fencedframe"];
  const isLoading = (name) => {
    for (let at = 0; at < loading.length; at++) if (name === loading[at]) return true;
    return false;
  };
  const withoutLoading = (html) => {
    let kept = "", from = 0;
    for (let at = indexOf(html, "<"); at >= 0; at = indexOf(html, "<", at + 1)) {
      const name = lower(slice(html, at + 1, at + 13));
      for (let which = 0; which < loading.length; which++) {
        const after = slice(name, loading[which].length, loading[which].length + 1);
        if (indexOf(name, loading[which]) !== 0 || indexOf(" \t\n\f\r/>", after) < 0) continue;
        kept += slice(html, from, at) + "&lt;";
        from = at + 1;
      }
    }
    return kept + slice(html, from);
  };
  const has = (text, part) => indexOf(lower(asString(text)), part) >= 0;

  // A document in the document would have its own WebRTC. It runs scripts only from srcdoc or a javascript: address, and
  // both have to pass here, as all has to that is parsed or run from now on.
  trustedTypes.createPolicy("default", {
    createHTML: (html, _, sink) => (has(sink, "srcdoc") ? null : withoutLoading(html)),
    createScript: (script, _, sink) => (has(sink, "location") || has(sink, "src") ? null : script),
    createScriptURL: (address) => address,
  });
  const fix = (owner, name, value) => {
    if (owner && name in owner) Object.defineProperty(owner, name, { value, writable: false, configurable: false });
  };
  for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection", "RTCIceTransport", "XSLTProcessor"]) {
    fix(window, name, undefined);
  }
  const withoutLoadingNames = (owner, name, position) => {
    const original = owner[name];
    fix(owner, name, function (...values) {
      if (values.length > position) {
        const given = asString(values[position]);
        values[position] = isLoading(lower(slice(given, lastIndexOf(given, ":") + 1))) ? "span" : given;
      }
      return apply(original, this, values);
    });
  };
  withoutLoadingNames(Document.prototype, "createElement", 0);
  withoutLoadingNames(Document.prototype, "createElementNS", 1);
  withoutLoadingNames(DOMImplementation.prototype, "createDocument", 1);
  const define = CustomElementRegistry.prototype.define;
  fix(CustomElementRegistry.prototype, "define", function (name, kind) {
    return apply(define, this, [name, kind]); // without options: no element that extends one of those above
  });
  for (const owner of [Element.prototype, ShadowRoot.prototype]) fix(owner, "setHTML", undefined);
  fix(Document, "parseHTML", undefined);

  // The page gives the frame the height that it needs, and says whether it is dark.
  const root = document.documentElement, page = parent;
  const measure = () => {
    const height = root.getBoundingClientRect().height;
    page.postMessage({ frameHeight: Math.ceil(height < innerHeight ? height : root.scrollHeight) }, "*");
  };
  addEventListener("message", (event) => {
    if (event.source === page) root.style.colorScheme = event.data?.dark ? "dark" : "light";
  });
  addEventListener("DOMContentLoaded", () => {
    const watching = new ResizeObserver(measure);
    for (const element of [root, document.body]) watching.observe(element);
    for (const later of [0, 300, 1000, 3000]) setTimeout(measure, later); // what fills the frame changes no size
  });

  // What would come from the web stays away. Who looks at the gap is told why.
  const missing = new Set();
  addEventListener("securitypolicyviolation", ({ blockedURI }) => {
    const host = URL.canParse(blockedURI) ? new URL(blockedURI).host : "";
    const note = document.getElementById("glassbox-missing");
    if (!host || !note) return;
    missing.add(host);
    note.lastElementChild.textContent = [...missing].join(", ");
    note.hidden = false;
  });
})();
