// The slider of a replay: the page that its button leads to is asked for when it was moved.
import { morph, parsed } from "./merge.js";

const PAUSE_MS = 150;

export function followSlider(main) {
  const slider = document.getElementById("step");
  if (!slider) return;
  let timer = 0;
  let isAsking = false;
  const follow = async () => {
    // Long stories take their time: one page is asked for at once, and then that of where it stands.
    if (isAsking) return;
    isAsking = true;
    await show(main, slider);
    isAsking = false;
  };
  slider.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(follow, PAUSE_MS);
  });
}

async function show(main, slider) {
  let url = "";
  let found = null;
  while (url !== address(slider.form)) {
    url = address(slider.form);
    found = await parsed(url).catch(() => null);
  }
  if (found?.getElementById("step")) {
    morph(main, found.getElementById("main"));
    history.replaceState(null, "", url);
  } else {
    // What is wrong then, the page of the button says.
    slider.form.submit();
  }
}

function address(form) {
  return `${form.action}?${new URLSearchParams(new FormData(form))}`;
}
