// Shows what is new every few seconds, where it stands. While nobody sees the page, it rests.
const SECONDS = 5;

async function renew() {
  if (!document.hidden) {
    document.getElementById("gone").hidden = await renewed();
  }
  setTimeout(renew, SECONDS * 1_000);
}

async function renewed() {
  try {
    const response = await fetch(location.pathname, { cache: "no-store" });
    if (!response.ok) {
      return false;
    }
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    document.querySelector("main").replaceWith(page.querySelector("main"));
    return true;
  } catch {
    return false;
  }
}

setTimeout(renew, SECONDS * 1_000);
