// Takes a key: for which provider it is, mostly by how it begins. It stays in the memory of the page.
const BEGINNINGS = [
  ["hf_", ""], ["sk-ant-", "anthropic"], ["sk-or-", "openrouter"], ["gsk_", "groq"], ["AIza", "gemini"], ["xai-", "xai"],
  ["csk-", "cerebras"], ["pplx-", "perplexity"], ["nvapi-", "nvidia_nim"], ["fw_", "fireworks_ai"], ["sk-proj-", "openai"],
];

// part: the part of the dialog. use: what to do with a key, given the provider ("" for Hugging Face) and its name.
export const makeKeys = (part, use) => {
  const [details, form, provider, field, place] = ["details", "form", ".provider", ".key", ".said"]
    .map((name) => part.querySelector(name));
  const title = () => provider.selectedOptions[0].textContent;
  const say = (name) => { place.textContent = name && said(words.keys[name], { title: title() }); };

  field.addEventListener("input", () => {
    const found = BEGINNINGS.find(([beginning]) => field.value.trim().startsWith(beginning));
    if (found) provider.value = found[1];
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const key = field.value.trim();
    if (!key) return say("empty");
    field.value = "";
    details.open = false;
    say(await use({ prefix: provider.value, title: title(), key }));
  });

  return {
    hush: () => say(""),
    // Show where a key is taken. isNeeded: because the model that was chosen needs one.
    open: (prefix = provider.value, isNeeded = false) => {
      details.open = true;
      provider.value = prefix;
      say(isNeeded ? "needed" : "");
      field.focus();
    },
  };
};
