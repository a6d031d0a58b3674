// The button that goes from the system's theme to light and dark; without scripts it is not there.
const NAMES = ["system", "light", "dark"];

export function offerThemes() {
  const button = document.getElementById("theme");
  const name = document.getElementById("theme-name");
  const show = () => {
    name.textContent = document.documentElement.dataset.theme || NAMES[0];
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    const at = NAMES.indexOf(document.documentElement.dataset.theme || NAMES[0]);
    const next = NAMES[(at + 1) % NAMES.length];
    if (next === NAMES[0]) delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    try {
      if (next === NAMES[0]) localStorage.removeItem("theme");
      else localStorage.setItem("theme", next);
    } catch {
      // It then holds for this page alone.
    }
    show();
  });
  show();
}
