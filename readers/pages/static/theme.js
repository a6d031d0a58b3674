// Before anything is drawn: the theme that was chosen, else the system's.
"use strict";
try {
  const chosen = localStorage.getItem("theme");
  if (chosen) document.documentElement.dataset.theme = chosen;
} catch {
  // Storage may be denied; the system's theme holds then.
}
