// Where the browser can turn speech into text, a button at the question box does: what is said lands in the box, after what
// stands there. The browser asks for the microphone, at the first press.
(() => {
  const Recognition = window.SpeechRecognition ?? window.webkitSpeechRecognition;
  if (!Recognition) return;
  const REASONS = { "not-allowed": "denied", "service-not-allowed": "denied", "audio-capture": "no_microphone", "no-speech": "silent" };
  const box = () => document.querySelector("#question textarea");
  let hearing = null; // what listens

  const listen = button => {
    const recognition = new Recognition();
    let before = box().value, written = before, from = 0; // what stands in the box, and which result comes after it
    Object.assign(recognition, { lang: navigator.language, continuous: true, interimResults: true });
    recognition.onresult = ({ results, resultIndex }) => {
      if (written && !box().value) return recognition.stop(); // it was sent
      if (box().value !== written) [before, from] = [box().value, resultIndex]; // it was typed into
      const said = [...results].slice(from).map(([best]) => best.transcript).join("");
      written = [before.trimEnd(), said.trim()].filter(Boolean).join(" ");
      box().value = written;
      box().dispatchEvent(new Event("input"));
    };
    recognition.onerror = ({ error }) => {
      if (error !== "aborted") window.problem.say(words.voice[REASONS[error] ?? "failed"], false);
    };
    recognition.onend = () => {
      hearing = null;
      button.ariaPressed = "false";
    };
    window.problem.clear();
    recognition.start();
    hearing = recognition;
    button.ariaPressed = "true";
    box().focus();
  };

  const begin = () => {
    const button = document.getElementById("speak");
    if (!button || !box()) return setTimeout(begin, 100);
    Object.assign(button, { ariaLabel: words.voice.name, title: words.voice.title, ariaPressed: "false" }); // now it is shown
    button.addEventListener("click", () => hearing ? hearing.stop() : listen(button));
  };
  begin();
})();
