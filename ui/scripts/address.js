// The chat that is shown stands in the page's address: ?chat=<id>.
window.showChatInAddress = id => {
  const address = new URL(location);
  if (id) address.searchParams.set("chat", id);
  else address.searchParams.delete("chat");
  if (address.href !== location.href) history.pushState(null, "", address);
};
addEventListener("popstate", () => document.querySelector("#open-chat")?.click());
// A link in the list of chats: without loading the page anew.
addEventListener("open-chat", event => {
  event.preventDefault();
  showChatInAddress(event.detail);
  document.querySelector("#open-chat")?.click();
});
