// Sends what is typed: shows it at once, has Stop there from the first moment, and gives all of it back if the app does
// not take it. A box is what Gradio's question box holds: { text, files }.
(() => {
  const EMPTY = { text: "", files: [] }, KEEP = { __type__: "update" };
  const POLL = 50; // milliseconds
  const LOST = "glassbox-lost";
  const isShown = selector => document.querySelector(selector)?.checkVisibility() ?? false;
  const shown = visible => ({ __type__: "update", visible });
  const press = selector => document.querySelector(selector)?.click();
  const isEmpty = box => !box?.text.trim() && !box?.files?.length;
  const chat = () => new URLSearchParams(location.search).get("chat") ?? "";

  let sent = null; // what the app has not taken yet; EMPTY where a button was pressed that makes a run begin
  let isBack = false; // whether the app did not take the last one
  let isAnswer = false; // whether that answers a question of the agent's
  let wasStopped = false; // whether Stop was pressed meanwhile
  let runOf = null; // the chat of the run that goes on; null if that is not known
  let coming = null; // what the box is to hold next

  // Stop may still be that of a chat that was left.
  const isRunning = () => isShown("#stop") && (runOf === null || runOf === chat());
  const isAsked = () => isRunning() && isShown("#send");

  const take = box => {
    sent = box;
    [isAnswer, isBack, wasStopped] = [isAsked(), false, false];
    if (!isAnswer) runOf = chat();
    window.problem.clear();
  };
  const begin = box => {
    take(box);
    if (!isAnswer && !isEmpty(box)) {
      window.echo.show(box);
      window.showStatus(words.next.starting);
    }
    window.settingsFilled().then(() => press("#ask-sent"));
  };
  const buttons = () => isAnswer ? [KEEP, KEEP] : [shown(!sent), shown(Boolean(sent))];
  const end = () => {
    sent = null;
    window.echo.hide();
  };

  // What comes first, and then what was typed since.
  const joined = (first, then) => isEmpty(then) ? first : {
    text: [first.text, then.text].filter(text => text.trim()).join("\n"), files: [...first.files, ...then.files],
  };

  // Gradio leaves the box as high as what was typed.
  const shrink = () => setTimeout(() => {
    const field = document.querySelector("#question textarea");
    if (field && !field.value) field.style.height = "";
  }, 2 * POLL);

  window.sending = {
    get sent() { return sent ?? EMPTY; },
    get isSending() { return Boolean(sent); },
    get isBusy() { return Boolean(sent) || isRunning(); },

    // Enter or Send was pressed. Returns the box, Send and Stop, as they are to be.
    enter: box => {
      if (sent || (isRunning() && !isAsked())) {
        if (!isEmpty(box)) window.nextQuestions.add(box);
      } else {
        begin(box ?? { ...EMPTY });
        if (isEmpty(box)) return [KEEP, KEEP, KEEP];
      }
      shrink();
      return [EMPTY, ...(sent ? buttons() : [KEEP, KEEP])];
    },

    // Ask something that does not stand in the box.
    ask: box => {
      if (sent || isRunning()) return window.nextQuestions.add(box);
      begin(box);
      press("#redraw");
    },

    // A button was pressed that makes a run begin without a question.
    act: () => {
      if (sent || isRunning()) return;
      take(EMPTY);
      window.showStatus(words.next.starting);
      press("#redraw");
    },

    // Put something into the box, before what is typed there.
    fill: box => {
      coming = box;
      press("#redraw");
    },
    redraw: box => {
      const value = coming ? joined(coming, box) : KEEP;
      if (coming) document.querySelector("#question textarea")?.focus();
      coming = null;
      return [value, ...(sent ? buttons() : [KEEP, KEEP])];
    },

    // The app has taken it.
    taken: id => {
      if (!sent) return;
      const stop = wasStopped;
      runOf = id;
      sent = null;
      if (isAnswer) window.echo.hide();
      window.problem.calm();
      window.nextQuestions.adopt(id);
      if (stop) press("#stop");
    },
    // It has not. Returns the box, Send and Stop, as they are to be.
    refused: box => {
      if (!sent) return [KEEP, KEEP, KEEP];
      const back = sent;
      end();
      isBack = !isEmpty(back);
      window.showStatus("");
      return [isEmpty(back) ? KEEP : joined(back, box), ...buttons()];
    },
    // The same of a button. What is sent meanwhile is not its matter: not every button makes a run begin.
    acted: id => sent === EMPTY && window.sending.taken(id),
    actRefused: box => sent === EMPTY ? window.sending.refused(box) : [KEEP, KEEP, KEEP],
    // The app is gone, and with it the page, which comes again with what stands in the box.
    lost: () => {
      const { text } = sent ?? EMPTY, box = document.querySelector("#question textarea");
      end();
      window.showStatus("");
      if (text || isBack) sessionStorage.setItem(LOST, "");
      if (!text || !box) return;
      box.value = [text, box.value].filter(Boolean).join("\n");
      box.dispatchEvent(new Event("input"));
    },
    // The run that it began is over, or the page shows another chat.
    over: () => window.echo.hide(),
  };

  addEventListener("pulse", ({ detail }) => {
    if (!sent && detail.running) runOf = detail.id;
  });
  // Stop, before the app knows what there is to stop.
  addEventListener("click", event => {
    if (!sent || isAnswer || !event.target.closest?.("#stop")) return;
    event.stopPropagation();
    wasStopped = true;
    window.showStatus(words.next.stopping);
  }, true);
  const sayLost = () => {
    if (!document.getElementById("problem")) return setTimeout(sayLost, POLL);
    if (sessionStorage.getItem(LOST) !== null) window.problem.say(words.problem.unreached);
    sessionStorage.removeItem(LOST);
  };
  sayLost();
  // An example of the empty page is asked as it stands there, below the line that says what it shows.
  addEventListener("click", event => {
    const example = event.target.closest?.("#history .example");
    if (!example) return;
    event.stopPropagation();
    window.sending.ask({ text: example.innerText.trim().split("\n").at(-1), files: [] });
  }, true);
})();
