// Files that are dropped anywhere on the page, or pasted, come with the question. What cannot be taken is said in the line
// at the composer.
(() => {
  const limits = () => document.getElementById("attaching").dataset;
  const input = () => document.querySelector("#question input[type=file]");
  const overlay = () => document.getElementById("drop-here");
  let isOwn = false; // whether what is dragged is a part of the page

  // Give files to the question box, as its button does, and say of those that cannot be taken why.
  const attach = (files, folders = []) => {
    const { mb, files: most } = limits(), texts = words.attaching;
    const fitting = files.filter(file => file.size <= mb * 2 ** 20), tooLarge = files.filter(file => !fitting.includes(file));
    const taken = document.querySelectorAll("#question .thumbnail-item").length;
    const isMany = taken + fitting.length > Number(most);
    const refusals = [
      ...folders.map(name => said(texts.folder, { name })),
      ...tooLarge.map(({ name }) => said(texts.large, { name, mb })),
      ...(isMany ? [said(texts.many, { files: most })] : []),
    ];
    window.problem.clear();
    if (refusals.length) window.problem.say(refusals.join(" "), false);
    if (isMany || !fitting.length) return;
    const given = new DataTransfer();
    fitting.forEach(file => given.items.add(file));
    input().files = given.files;
    input().dispatchEvent(new Event("change", { bubbles: true }));
    document.querySelector("#question textarea").focus();
  };

  const hasFiles = ({ dataTransfer }) => !isOwn && Boolean(dataTransfer?.types.includes("Files"));
  const mayDrop = () => Boolean(input()) && !document.querySelector("dialog:modal");
  const show = isShown => {
    if (overlay() && overlay().matches(":popover-open") !== isShown) overlay().togglePopover(isShown);
  };
  // Not seen by what is below, which would take it too.
  const take = event => {
    event.preventDefault();
    event.stopPropagation();
  };

  addEventListener("dragstart", () => { isOwn = true; }, true);
  addEventListener("dragend", () => { isOwn = false; }, true);
  for (const kind of ["dragenter", "dragover"]) {
    addEventListener(kind, event => {
      if (!hasFiles(event)) return;
      take(event);
      event.dataTransfer.dropEffect = mayDrop() ? "copy" : "none";
      show(mayDrop());
    }, true);
  }
  addEventListener("dragleave", event => {
    if (!hasFiles(event)) return;
    event.stopPropagation();
    if (!event.relatedTarget) show(false); // it left the page
  }, true);
  addEventListener("drop", event => {
    if (!hasFiles(event)) return;
    take(event);
    show(false);
    if (!mayDrop()) return;
    const dropped = [...event.dataTransfer.items].filter(({ kind }) => kind === "file");
    const folders = dropped.map(item => item.webkitGetAsEntry?.()).filter(entry => entry?.isDirectory).map(({ name }) => name);
    const files = dropped.filter(item => !item.webkitGetAsEntry?.()?.isDirectory).map(item => item.getAsFile());
    attach(files.filter(Boolean), folders);
  }, true);

  // A text is pasted as text, also with a picture of it, which spreadsheets add, and also if it is very long.
  addEventListener("paste", event => {
    const files = [...event.clipboardData?.files ?? []];
    if (event.clipboardData?.types.includes("text/plain")) {
      if (event.target.closest?.("#question")) event.stopPropagation();
    } else if (files.length && mayDrop()) {
      take(event);
      attach(files);
    }
  }, true);
})();
