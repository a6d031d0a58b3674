// The slider of a replay: the page that its button leads to is asked for when it was moved.
import { whenResting } from "./asking.js";
import { morph, parsed } from "./merge.js";

export function followSlider(main) {
  const slider = document.getElementById("step");
  if (!slider) return;
  whenResting(slider, async (isNewest) => {
    const form = slider.form;
    const url = `${form.action}?${new URLSearchParams(new FormData(form))}`;
    const found = await parsed(url).catch(() => null);
    if (!isNewest()) return;
    // What is wrong then, the page of the button says.
    if (!found?.getElementById("step")) return form.submit();
    morph(main, found.getElementById("main"));
    history.replaceState(null, "", url);
  });
}
