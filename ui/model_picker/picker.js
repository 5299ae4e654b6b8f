// The dialog in which a person chooses a model, and what the settings are told of it. The settings' fields stay the truth:
// the dialog is given them when it opens, and gives them back by pressing a hidden button.
import { makeCheck } from "./checking.js";
import { makeKeys } from "./keys.js";
import { ModelList, sameModel } from "./list.js";

const RECENT = "glassbox-recent-models", MOST_RECENT = 4; // names only, never keys
const HUB = "hub", OTHER = "litellm";
const { models: texts, servers: serverTexts, page: pageTexts } = window.words;

let current = { source: "auto", model: "", address: "", key: "" };
const typed = new Map(); // keys, by the place that each was typed for
let known = { groups: [], servers: [] }; // what the app lists
let found = [], pasted = []; // groups: the servers of this computer, and the providers for which a key was pasted here

const named = ([source, model, address, key]) => ({ source, model: model ?? "", address: address ?? "", key: key ?? "" });
const prefixOf = ({ model = "" }) => model.split("/")[0];
const placeOf = (model) => `${model.source} ${model.source === OTHER ? prefixOf(model) : ""} ${model.address ?? ""}`;
const press = (id) => document.getElementById(id)?.click();

// What the events of the page call.
window.openModelPicker = (values, at) => prepare().then(() => open(named(values), at));
window.checkModel = (values) => prepare().then(() => check(named(values), document.getElementById("checked-model")));
window.pickedModel = () => [current.source, current.model, current.address, current.key];
window.isPickedKey = (key, source) => key === current.key && source === current.source;

const holder = document.createElement("div");
holder.id = "model-picker-holder";
const part = (selector) => holder.querySelector(selector);
let list, keys, check, stopChecking, loading, prepared;
let isOwn = false; // whether the page was opened around an agent: then its models alone can be chosen

// Not before somebody wants it: the page is to come up fast.
const prepare = () =>
  (prepared ??= layOut().catch((error) => {
    prepared = null; // the app could not be reached; the next press tries again
    throw error;
  }));

const layOut = async () => {
  holder.innerHTML = await (await fetch("model_picker/picker.html")).text();
  document.body.append(holder);
  const dialog = part("dialog");
  isOwn = dialog.dataset.own === "true";
  part(".own-key").hidden = isOwn;
  list = new ModelList({ list: part("#model-list"), search: part(".search"), note: part(".note"), choose });
  keys = makeKeys(part(".own-key"), useKey);
  ({ check, stop: stopChecking } = makeCheck());
  part(".check").addEventListener("click", () => check(current, part(".checked")));
  part(".own-servers button").addEventListener("click", lookForServers);
  for (const button of [part(".close"), part(".done")]) button.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", stopChecking);
  // The app says on the chip, a moment later, which model it takes where a key alone was given.
  new MutationObserver(sayCurrent).observe(document.getElementById("model-chip"), { childList: true, characterData: true, subtree: true });
};

const open = async (now, at) => {
  current = now;
  part(".search").value = part(".checked").textContent = "";
  part("dialog").showModal();
  paint();
  if (at === "key") keys.open();
  else part(".search").focus();
  loading = load();
  if (at === "servers") lookForServers();
};

const load = async () => {
  const note = part(".note");
  if (!known.groups.length) note.textContent = texts.loading;
  try {
    const chat = new URLSearchParams(location.search).get("chat") ?? "";
    const listed = await (await fetch(`models?${new URLSearchParams({ chat })}`)).json();
    part(".own-servers").hidden = !listed.servers.length;
    if (JSON.stringify(listed) === JSON.stringify(known)) return; // painted anew, the list would lose its place
    known = listed;
    const [{ models: own = [] } = {}] = known.groups;
    if (isOwn && !own.some((model) => sameModel(model, current))) current = { ...current, ...own[0] }; // what answers
    paint();
  } catch {
    note.textContent = texts.failed;
  }
};

// What the list shows.

const recent = () => {
  if (isOwn) return [];
  try {
    return JSON.parse(localStorage[RECENT] ?? "[]").filter(({ title }) => typeof title === "string");
  } catch {
    return [];
  }
};

const paint = () => {
  const any = isOwn ? [] : [
    { source: "auto", title: texts.auto, about: texts.auto_about }, { source: "demo", title: texts.demo, about: texts.demo_about },
  ];
  const listed = providers().map((group) => ({ ...group, note: noteOf(group) }));
  const groups = [{ title: texts.recent, models: recent() }, ...found, ...listed, { title: texts.any, models: any }];
  list.paint(groups, current);
  sayCurrent();
};

const providers = () => [...pasted, ...known.groups.filter(({ prefix }) => !pasted.some((own) => own.prefix === prefix))];

const noteOf = ({ source, current: isCurrent, ready, own, models: [first] }) => {
  if (own) return "";
  const isTyped = first && keyFor(first);
  const key = isTyped ? texts.yours : ready ? texts.shared : texts.keyless;
  return source === HUB && !isCurrent ? `${key} · ${texts.older}` : key;
};

const sayCurrent = () => {
  const all = [...recent(), ...found, ...providers()].flatMap((entry) => entry.models ?? [entry]);
  const { auto, demo } = texts;
  const title = all.find((model) => sameModel(model, current))?.title ?? { auto, demo }[current.source];
  part(".current b").textContent = title ?? (current.model || document.getElementById("model-chip")?.textContent.trim());
};

// A choice, and the key that goes with it: the one in the settings if it was typed for the same place.

const keyFor = (model) => (current.key && placeOf(model) === placeOf(current) ? current.key : typed.get(placeOf(model)) ?? "");

const apply = (model, key) => {
  stopChecking();
  part(".checked").textContent = "";
  current = { source: model.source, model: model.model ?? "", address: model.address ?? "", key };
  settingsFilled().then(() => press("picked-model"));
};

const choose = (model) => {
  if (sameModel(model, current)) return part("dialog").close();
  apply(model, keyFor(model));
  keys.hush();
  remember(model);
  list.mark(current);
  sayCurrent();
  const group = providers().find(({ source, prefix }) => source === model.source && (!prefix || prefix === prefixOf(model)));
  if (group && !group.ready && !current.key && !current.address) keys.open(group.prefix ?? "", true);
};

const remember = (model) => {
  if (!model.model || isOwn) return;
  const { source, model: name, address, title, tools, pictures, context } = model;
  const entry = { source, model: name, address, title, tools, pictures, context };
  const others = recent().filter((other) => !sameModel(other, entry));
  localStorage[RECENT] = JSON.stringify([entry, ...others].slice(0, MOST_RECENT));
};

const useKey = async ({ prefix, title, key }) => {
  if (!prefix) {
    typed.set(placeOf({ source: HUB }), key);
    apply(current.source === HUB && !current.address ? current : { source: HUB }, key);
    paint();
    return "hub";
  }
  try {
    const group = await (await fetch(`models/provider?${new URLSearchParams({ name: prefix })}`)).json();
    typed.set(placeOf({ source: OTHER, model: `${prefix}/` }), key);
    pasted = [group, ...pasted.filter((other) => other.prefix !== prefix)];
    part(".search").value = `${title} `;
    paint();
    part(".search").focus();
    return "choose";
  } catch {
    return "failed";
  }
};

const lookForServers = async () => {
  const place = part(".own-servers .said");
  part(".own-servers").hidden = false;
  place.textContent = serverTexts.looking;
  try {
    const response = await fetch("models/servers", { method: "POST" });
    if (!response.ok) throw new Error(response.statusText);
    found = await response.json();
    await loading; // it says where was looked
    place.textContent = said(found.length ? serverTexts.found : serverTexts.none, { count: found.length, titles: known.servers.join(", ") });
    paint();
  } catch {
    place.textContent = serverTexts.failed;
  }
};

// The chip says the model's name; to those who hear it, also what it is.
const nameChip = () => {
  const chip = document.getElementById("model-chip");
  if (!chip) return setTimeout(nameChip, 200);
  const name = () => chip.setAttribute("aria-label", said(pageTexts.model, { model: chip.textContent.trim() }));
  if (!chip.disabled) chip.setAttribute("aria-haspopup", "dialog");
  new MutationObserver(name).observe(chip, { childList: true, characterData: true, subtree: true });
  name();
};
nameChip();
