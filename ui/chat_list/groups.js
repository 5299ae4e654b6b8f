// Under which heading a chat stands, in the browser's time zone.
const DAY = 86_400_000;
const MONTH = new Intl.DateTimeFormat("en", { month: "long", year: "numeric" });

const dayOf = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());

export const headingOf = (chat, now = new Date()) => {
  if (chat.pinned) return "Pinned";
  const used = new Date(chat.used * 1000);
  const days = Math.round((dayOf(now) - dayOf(used)) / DAY); // rounded, because a day may have 23 or 25 hours
  if (days <= 0) return "Today";
  if (days === 1) return "Yesterday";
  if (days <= 7) return "Previous 7 days";
  if (days <= 30) return "Previous 30 days";
  return MONTH.format(used);
};
