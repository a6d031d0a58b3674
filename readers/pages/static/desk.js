// What pages do beyond being read: search while typing, older events while scrolling, new ones as
// they come, keys. Everything is asked for as the same pages that are shown without scripts.
import { followEvents } from "./live.js";
import { addOlder, morph, parsed } from "./merge.js";
import { listenForKeys } from "./keys.js";
import { followSlider } from "./replay.js";
import { offerThemes } from "./theme-choice.js";

const main = document.getElementById("main");
const TYPING_PAUSE_MS = 150;

function searchWhileTyping() {
  const field = document.querySelector("input[data-hits]");
  if (!field) return;
  let timer = 0;
  let asked = 0;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const mine = ++asked;
      const query = new URLSearchParams(new FormData(field.form));
      query.delete("go");
      const found = await parsed(`/desk?${query}`).catch(() => null);
      const hits = found?.querySelector("#hits");
      // An answer that was overtaken by another keystroke would take results back.
      if (hits && mine === asked) morph(document.getElementById("hits"), hits);
    }, TYPING_PAUSE_MS);
  });
}

function loadOlderWhileScrolling() {
  const older = document.getElementById("older");
  if (!older || !main.dataset.customer) return;
  let isLoading = false;
  const load = async () => {
    const link = older.querySelector("a");
    if (!link || isLoading) return;
    isLoading = true;
    try {
      addOlder(main, await parsed(link.href));
    } catch {
      // The link stays, for whoever scrolls or clicks again.
    }
    isLoading = false;
    watch();
  };
  const observer = new IntersectionObserver((seen) => seen[0].isIntersecting && load(), {
    rootMargin: "600px",
  });
  // Observed anew, it is told at once if the end is still in sight.
  const watch = () => {
    observer.unobserve(older);
    observer.observe(older);
  };
  watch();
}

searchWhileTyping();
loadOlderWhileScrolling();
followEvents(main);
followSlider(main);
listenForKeys();
offerThemes();
