// Asking while somebody goes on typing or moving: after a pause, and only the newest answer counts.
const PAUSE_MS = 150;

// `ask` is told by what to know whether an answer was overtaken: it would take newer ones back.
export function whenResting(field, ask) {
  let timer = 0;
  let asked = 0;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const mine = ++asked;
      ask(() => mine === asked);
    }, PAUSE_MS);
  });
}
