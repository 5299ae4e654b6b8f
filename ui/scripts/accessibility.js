// Gives Gradio's parts the names, states and keys that screen readers and keyboards need.
(() => {
  const setAll = (root, selector, change) => {
    if (root.matches?.(selector)) change(root);
    root.querySelectorAll?.(selector).forEach(change);
  };
  const set = (element, name, value) => {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  };

  // The head of a step is a button with another one inside, and does not say whether it is open.
  const STEP = "#chat .thought-group > .title";
  const mendStep = title => {
    set(title, "aria-expanded", String(title.classList.contains("expanded")));
    const arrow = title.querySelector("button");
    if (arrow && !arrow.inert) {
      arrow.inert = true;
      arrow.tabIndex = -1;
    }
  };
  addEventListener("keydown", event => {
    if (event.key !== " " || !event.target.matches?.(STEP)) return;
    event.preventDefault(); // else the page would scroll
    event.target.click();
  });

  // They open large; see pictures.js.
  const PICTURE = "#chat .bot-row .md img:not(a img)";
  const mendPicture = picture => {
    picture.tabIndex = 0;
    set(picture, "role", "button");
    set(picture, "title", said(words.page.enlarge));
  };

  const mend = root => {
    setAll(root, STEP, mendStep);
    setAll(root, PICTURE, mendPicture);
    // Read out as it is written, a chat would never be quiet; #status says what happens, in few words.
    setAll(root, "#chat [role=log]", log => set(log, "aria-live", "off"));
    setAll(root, "#live [role=log]", log => set(log, "aria-label", said(words.page.live)));
    // It would be read in place of the message, with the code of all that stands in it.
    setAll(root, "#chat [data-testid=user][aria-label], #chat [data-testid=bot][aria-label]", message => message.removeAttribute("aria-label"));
    setAll(root, ".examples[role=list]", list => list.removeAttribute("role")); // its items are buttons
    setAll(root, "#question textarea", box => set(box, "aria-label", box.placeholder || said(words.page.question)));
  };
  new MutationObserver(changes => {
    for (const { type, target, addedNodes } of changes) {
      if (type === "childList") addedNodes.forEach(mend);
      else if (target.matches(STEP)) mendStep(target);
      else if (target.matches("#question textarea, .examples[role=list]")) mend(target);
    }
  }).observe(document.documentElement, {
    childList: true, subtree: true, attributes: true, attributeFilter: ["class", "placeholder", "role"],
  });
  mend(document.documentElement); // what was drawn before this was loaded
})();
