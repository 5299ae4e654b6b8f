// Gives each frame the height that its document asks for, and tells it whether the page is dark.
(() => {
  const most = 1600; // pixels
  const frames = () => document.querySelectorAll("#chat iframe");
  const isDark = () => document.body.classList.contains("dark");
  const tell = (frame) => frame.contentWindow.postMessage({ dark: isDark() }, "*");
  addEventListener("message", ({ source, data }) => {
    const height = data?.frameHeight;
    if (!Number.isFinite(height)) return;
    for (const frame of frames()) {
      if (frame.contentWindow !== source) continue;
      frame.style.height = `${Math.min(Math.max(height, 24), most)}px`;
      tell(frame);
    }
  });
  const watch = () => new MutationObserver(() => frames().forEach(tell)).observe(document.body, { attributeFilter: ["class"] });
  document.body ? watch() : addEventListener("DOMContentLoaded", watch);
})();
