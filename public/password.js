// Shows what was typed into a password field, and says while one types how hard a new password is to guess. Pages work without it.
const PAUSE = 300;

function showing(field) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet show";
  const say = () => {
    const shown = field.type === "text";
    button.textContent = shown ? "Hide" : "Show";
    button.setAttribute("aria-label", shown ? "Hide what was typed" : "Show what was typed");
  };
  button.addEventListener("click", () => {
    field.type = field.type === "text" ? "password" : "text";
    say();
  });
  // What is shown is neither kept in the page nor filled in elsewhere.
  field.form?.addEventListener("submit", () => (field.type = "password"));
  say();
  field.after(button);
}

function measuring(field) {
  const meter = document.createElement("meter");
  meter.max = 4;
  meter.low = 3;
  meter.high = 3;
  meter.optimum = 4;
  meter.hidden = true;
  meter.setAttribute("aria-label", "How hard it is to guess");
  const said = document.createElement("p");
  said.className = "help";
  said.setAttribute("role", "status");
  field.parentElement.append(meter, said);
  let wait;
  let asked = 0;
  const ask = async () => {
    const turn = ++asked;
    if (field.value === "") {
      meter.hidden = true;
      said.textContent = "";
      return;
    }
    const known = [...document.querySelectorAll("[name=name], [name=email], [name=username], [name=workspace]")].map((other) => other.value);
    const body = new URLSearchParams({ password: field.value, known: known.join("\n") });
    const answer = await fetch("/strength", { method: "POST", body }).catch(() => undefined);
    // An answer to what was typed before says nothing of what stands there now.
    if (!answer?.ok || turn !== asked) return;
    const { score, words } = await answer.json();
    meter.hidden = false;
    meter.value = score;
    said.textContent = words;
  };
  field.addEventListener("input", () => {
    clearTimeout(wait);
    wait = setTimeout(ask, PAUSE);
  });
}

for (const field of document.querySelectorAll("input[type=password]")) {
  showing(field);
  if (field.autocomplete === "new-password") measuring(field);
}
