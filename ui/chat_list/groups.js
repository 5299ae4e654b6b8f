// Under which heading a chat stands, in the browser's time zone.
const DAY = 86_400_000;
const { chats: texts, language } = window.words;
const MONTH = new Intl.DateTimeFormat(language, { month: "long", year: "numeric" });

const dayOf = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());

export const headingOf = (chat, now = new Date()) => {
  if (chat.pinned) return texts.pinned;
  const used = new Date(chat.used * 1000);
  const days = Math.round((dayOf(now) - dayOf(used)) / DAY); // rounded, because a day may have 23 or 25 hours
  if (days <= 0) return texts.today;
  if (days === 1) return texts.yesterday;
  if (days <= 7) return texts.week;
  if (days <= 30) return texts.month;
  return MONTH.format(used);
};
