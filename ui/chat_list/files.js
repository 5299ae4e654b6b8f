// A chat as a file, from a file, and as a replay.

// Ask the app. What it refuses, or that it cannot be reached, is an error with a sentence.
const ask = async (address, options, unreached) => {
  const response = await fetch(address, options).catch(() => null);
  if (response?.ok) return response;
  const isSentence = response?.headers.get("content-type")?.startsWith("text/plain");
  throw new Error(isSentence ? await response.text() : unreached);
};

// Fetched first, because what cannot be had shall be a sentence and no broken file.
const save = async (response) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = decodeURIComponent(response.headers.get("content-disposition").split("''")[1]);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
};

// picker: an input of files. replay: a dialog with a template of its frame. `tell` is given a sentence on what went wrong, "" before
// anything begins; `open` the id of a chat that came in.
export const makeFiles = ({ picker, replay, unreached, tell, open }) => {
  const attempt = async (work) => {
    tell("");
    await work().catch((error) => tell(error.message));
  };

  picker.addEventListener("change", () => attempt(async () => {
    const [file] = picker.files;
    picker.value = ""; // so that the same file can be chosen again
    open((await (await ask("chats/import", { method: "POST", body: file }, unreached)).json()).id);
  }));
  replay.addEventListener("close", () => replay.querySelector("iframe").remove());

  return {
    download: (chat, kind) => attempt(async () => save(await ask(`${chat}/export/${kind}`, {}, unreached))),
    choose: () => picker.click(),
    replay: (chat, title) => {
      replay.querySelector("b").textContent = title;
      // A new frame each time: another address in the same one would be a step for the browser's Back.
      const frame = replay.querySelector("template").content.firstElementChild.cloneNode(true);
      frame.src = `${chat}/replay`;
      replay.append(frame);
      replay.showModal();
    },
  };
};
