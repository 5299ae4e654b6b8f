// Where the page stands. It follows what comes in until the beginning of the last part, such as the answer, has reached
// the top of the window, and then stands still to be read; not if the reader has scrolled up. A chat that is opened
// shows its last question. While a turn goes on, and after it, the page does not shrink: nothing on it would stay in its place.
(() => {
  const page = document.documentElement;
  const MARGIN = 8, NEAR = 160, STEP = 300; // pixels
  const MOMENT = 100, MOMENTUM = 1_000, SETTLING = 1_500; // milliseconds; in the second, what was opened or is over is drawn
  const find = id => document.getElementById(id);
  const now = () => performance.now();
  let following = false, running = false, asked = false, top = 0, limit = Infinity, over = 0;
  let landing = true, landed = 0;

  let touched = -Infinity; // when the reader last did what can scroll
  const touch = () => { touched = now(); };
  for (const kind of ["wheel", "touchmove", "pointerdown"]) addEventListener(kind, touch, { passive: true });
  addEventListener("keydown", ({ key }) => ["ArrowUp", "PageUp", "Home", " "].includes(key) && touch());
  addEventListener("scroll", () => {
    // A page that shrinks and grows again is no reader who went up.
    if (scrollY < top - 2 && now() - touched < MOMENTUM) following = asked = false;
    else if (page.scrollHeight - innerHeight - scrollY < NEAR) following = running || following;
    top = scrollY;
  }, { passive: true });
  for (const kind of ["wheel", "touchmove", "keydown"]) addEventListener(kind, () => { landing = false; }, { passive: true });
  const land = () => [landing, landed] = [true, 0];
  addEventListener("popstate", land);
  addEventListener("click", ({ target }) => {
    if (target.closest?.("#open-chat, #new")) land();
    if (target.closest?.("#chat .title")) following = false; // what was opened is to be seen
    if (target.closest?.("#send")) asked = following = true;
  }, true);
  addEventListener("keydown", ({ key, shiftKey, target }) => {
    if (key === "Enter" && !shiftKey && target.matches?.("#question textarea")) asked = following = true;
  }, true);

  // Where the page stands when a part is the first thing to be read, below the buttons at the top.
  const topOf = part => {
    const bar = find("panel-buttons")?.offsetHeight ?? 0;
    return Math.max(0, part.getBoundingClientRect().top + scrollY - bar - MARGIN);
  };

  // Go to the last question, and stay there while the rest of the chat is drawn.
  const lastQuestion = chat => [...chat.querySelectorAll("[data-testid=user]")].at(-1);
  const showLastQuestion = chat => {
    const question = lastQuestion(chat);
    if (!question) return scrollTo({ top: 0 }); // an empty chat begins at its beginning
    landed ||= now();
    if (now() - landed > SETTLING) landing = false;
    else if (question.getBoundingClientRect().bottom < 0 || chat.scrollHeight > innerHeight) scrollTo({ top: topOf(question) });
  };

  const follow = live => {
    const parts = [...live.querySelectorAll(".bot-row .message > .message, [data-testid=user]")];
    const last = live.querySelector(".options") ?? parts.at(-1);
    limit = last ? topOf(last) : Infinity;
    go();
  };
  const go = () => {
    const target = Math.min(limit, page.scrollHeight - innerHeight);
    if (target > scrollY) scrollTo({ top: target });
  };

  // An answer can be there before the page has seen that it was written.
  const answered = chat => {
    const question = lastQuestion(chat);
    limit = question ? topOf(question) : Infinity;
    go();
  };

  // The answer may have come together with the end.
  const finished = () => {
    const parts = [...document.querySelectorAll("#history .bot-row .message > .message")];
    const answer = parts.filter(part => !part.querySelector(".answer-bar, .files, .sources")).at(-1);
    if (answer) limit = topOf(answer);
    go();
  };

  // The room that the chat has taken for more than a moment, so that what closes or goes makes nothing move; but no more
  // than a step takes, else the end of the page would show nothing.
  let room = 0;
  const heightOf = chat => {
    const status = find("status"); // which comes and goes below what is there
    const parts = [...chat.children].filter(part => part !== status);
    const end = Math.max(...parts.map(part => part.getBoundingClientRect().bottom));
    return Math.ceil(end - chat.getBoundingClientRect().top) + (status?.offsetHeight ?? 0);
  };
  const keepRoom = chat => {
    const seen = heightOf(chat);
    setTimeout(() => {
      const height = heightOf(chat);
      room = Math.min(Math.max(room, Math.min(seen, height)), height + STEP);
      if (running) chat.style.minHeight = `${room}px`;
    }, MOMENT);
  };
  const giveRoomBack = chat => {
    room = 0;
    chat.style.minHeight = "";
  };

  const look = () => {
    const [chat, live] = [find("chat"), find("live")];
    const before = running;
    running = live?.checkVisibility() ?? false;
    if (running && !before) {
      giveRoomBack(chat);
      following = true;
      landing = asked = false;
    }
    if (before && !running) over = now();
    if (landing && !running) giveRoomBack(chat); // it was another chat's
    if (running) keepRoom(chat);
    if (running && following) follow(live);
    else if (following && asked) answered(chat);
    else if (following && now() - over < SETTLING) finished();
    else if (landing) showLastQuestion(chat);
    else following = false;
  };
  const watch = () => {
    const chat = find("chat");
    if (!chat) return setTimeout(watch, 200);
    const sizes = new ResizeObserver(look);
    const observe = () => ["history", "live"].map(find).filter(Boolean).forEach(part => sizes.observe(part));
    new MutationObserver(observe).observe(chat, { childList: true });
    observe();
  };
  watch();
})();
