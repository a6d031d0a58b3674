// Single keys, which can be switched off: whoever dictates would press them by speaking.
const STEP = { j: 1, k: -1 };

export function listenForKeys() {
  const dialog = document.getElementById("keys");
  const button = document.getElementById("help");
  const isOn = document.getElementById("keys-on");
  button.hidden = false;
  button.addEventListener("click", () => dialog.showModal());
  isOn.checked = stored() !== "off";
  isOn.addEventListener("change", () => store(isOn.checked ? "on" : "off"));
  document.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" && event.target.matches("input[data-hits]")) {
      document.querySelector(".hit")?.focus();
      event.preventDefault();
    }
    if (!isOn.checked || dialog.open || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input, select, textarea")) return;
    if (pressed(event.key, dialog)) event.preventDefault();
  });
}

function pressed(key, dialog) {
  switch (key) {
    case "/":
      document.getElementById("q")?.focus();
      document.getElementById("q")?.select();
      return true;
    case "j":
    case "k":
      return step(STEP[key]);
    case "g":
      scrollTo({ top: 0 });
      document.getElementById("main").focus({ preventScroll: true });
      return true;
    case "?":
      dialog.showModal();
      return true;
  }
  return false;
}

function step(by) {
  const places = [...document.querySelectorAll(".event, .hit, .rows > li")];
  const at = places.findIndex((one) => one.contains(document.activeElement));
  const next = places[at < 0 ? (by > 0 ? 0 : -1) : at + by];
  if (!next) return false;
  if (!next.matches("a") && !next.hasAttribute("tabindex")) next.tabIndex = -1;
  next.focus();
  return true;
}

function stored() {
  try {
    return localStorage.getItem("keys");
  } catch {
    return null;
  }
}

function store(value) {
  try {
    localStorage.setItem("keys", value);
  } catch {
    // It then holds for this page alone.
  }
}
