// A page that waits for an answer asks how far it is, and is loaded anew once the answer is there.
const OFTEN = 1000;
const RARELY = 30000;
let pause = OFTEN;
const waiting = () => document.querySelector("[data-waiting]");
const look = async () => {
  const answer = await fetch(location.href).catch(() => null);
  if (answer && answer.status < 500 && answer.status !== 429) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.querySelector("[data-waiting]");
    if (!now) return location.reload();
    waiting().replaceChildren(...now.childNodes);
    pause = OFTEN;
  } else {
    // A server that is busy or away is asked again, less and less often.
    pause = Math.min(2 * pause, RARELY);
  }
  setTimeout(look, pause);
};
setTimeout(look, pause);
