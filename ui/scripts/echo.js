// Shows a question before the app has: in the place where it will stand, until it does.
(() => {
  const QUESTIONS = "[data-testid=user]";
  // A question's boxes as Gradio's chat has them, so that it looks the same here and does not move when it is there.
  const BOXES = [
    "bubble-wrap svelte-kpz1", "message-wrap svelte-kpz1", "message-row bubble user-row svelte-1nr59td",
    "flex-wrap svelte-1nr59td role", "user svelte-1nr59td message", "message svelte-1nr59td panel-full-width",
    "svelte-1nr59td", "message-content", "md svelte-1hf8a14 chatbot prose",
  ];
  const place = () => document.querySelector("#echo .place");
  const count = () => document.querySelectorAll(`#history ${QUESTIONS}`).length;
  const made = (name, values = {}, ...children) => {
    const node = Object.assign(document.createElement(name), values);
    node.append(...children);
    return node;
  };
  let before = 0; // finished questions, when it was shown

  const isThere = () => {
    const live = document.querySelector(`#live ${QUESTIONS}`);
    return Boolean(live?.innerText.trim()) || count() > before;
  };
  // What a question replaces is not there while it is shown.
  const leave = turn => {
    const first = document.querySelectorAll(`#history ${QUESTIONS}`)[turn]?.closest(".message-row");
    for (let row = first; row; row = row.nextElementSibling) row.toggleAttribute("data-left", true);
  };
  const hide = () => {
    observer.disconnect();
    place()?.replaceChildren();
    for (const row of document.querySelectorAll("#history [data-left]")) row.removeAttribute("data-left");
  };
  const observer = new MutationObserver(() => isThere() && hide());

  const paragraph = text => made("p", {}, ...text.split("\n").flatMap((line, at) => at ? [made("br"), line] : [line]));
  const paragraphs = text => text.trim() ? text.trim().split(/\n\n+/).map(paragraph) : [];
  // The room of the button that a question gets.
  const withBar = parts => {
    const button = made("button", { disabled: true });
    button.setAttribute("label", said(words.page.edit));
    parts.at(-1)?.append(made("span", { className: "turn-bar" }, button));
    return parts;
  };
  const files = ({ files }) => files.length
    ? [made("div", { className: "files" }, ...files.map(file => made("a", {}, file.orig_name ?? "")))] : [];
  const boxed = parts => BOXES.reduceRight((inner, className) => [made(className.startsWith("md") ? "span" : "div", { className }, ...inner)], parts)[0];

  window.echo = {
    hide,
    show: box => {
      const [act, number] = document.querySelector("#editing .turn-bar") ? (window.pressedAct ?? "").split(" ") : [];
      if (act === "edit_code" || !place()) return; // code is no question
      if (act === "edit") leave(Number(number));
      before = count();
      place().replaceChildren(boxed([...files(box), ...withBar(paragraphs(box.text))]));
      observer.observe(document.getElementById("chat"), { childList: true, subtree: true, characterData: true });
    },
  };
  for (const left of ["popstate", "open-chat"]) addEventListener(left, hide);
  addEventListener("click", event => event.target.closest?.("#new") && hide());
})();
