// What the scripts of the page say: `said(words.files.more, { shown: 3, count: 9 })`. The app puts before this what it has in
// texts/ for scripts, in the page's language: `window.words = { language, … }`. Where a word has forms, `count` chooses one.
(() => {
  const { language } = window.words, root = document.documentElement;
  const plurals = new Intl.PluralRules(language), numbers = new Intl.NumberFormat(language);

  window.said = (form, values = {}) => {
    const text = typeof form === "string" ? form : form[plurals.select(values.count)] ?? form.other;
    return text.replace(/\{(\w+)\}/g, (placeholder, name) => {
      const value = values[name] ?? placeholder;
      return typeof value === "number" ? numbers.format(value) : value;
    });
  };

  // Gradio names the browser's language there, whatever the page speaks.
  const name = () => { if (root.lang !== language) root.lang = language; };
  new MutationObserver(name).observe(root, { attributeFilter: ["lang"] });
})();
