// New events as they come. A page that follows asks for itself again when the stream says that
// something happened, after it was cut off, and now and then; what it shows is always an answer of
// the server, never put together here.
import { morph, parsed, steadily } from "./merge.js";

const RETRY_MS = [500, 1000, 2000, 4000];
const PAUSE_MS = 150;
const MINUTE_MS = 60000;

export function followEvents(main) {
  if (main.dataset.customer) followCustomer(main);
  else if (main.dataset.refreshS) followSometimes(main);
}

function followSometimes(main) {
  const again = refresher(main, () => location.href);
  setInterval(() => !document.hidden && !isTyping() && again(), main.dataset.refreshS * 1000);
}

function isTyping() {
  return document.activeElement?.matches("input, select, textarea") && Boolean(document.activeElement.value);
}

function followCustomer(main) {
  let wanted = Number(main.dataset.position);
  const again = refresher(main, () => address(main, wanted));
  let retries = 0;
  let stream = null;
  const connect = () => {
    const { position, customer } = main.dataset;
    stream = new EventSource(`/v1/stream?after=${position}&customer=${customer}`);
    stream.onopen = () => {
      // What happened between the page and the stream, or while it was cut off.
      if (retries > 0) again();
      retries = 0;
      say("Live");
    };
    const came = (event) => {
      wanted = Math.max(wanted, Number(event.lastEventId) || 0);
      again();
    };
    for (const name of ["entry", "reset", "changed"]) stream.addEventListener(name, came);
    stream.onerror = () => {
      stream.close();
      say("Not connected: this is what was known at position " + main.dataset.position);
      setTimeout(connect, RETRY_MS[Math.min(retries++, RETRY_MS.length - 1)]);
    };
  };
  connect();
  addEventListener("pagehide", () => stream.close());
  addEventListener("visibilitychange", () => !document.hidden && again());
  setInterval(() => !document.hidden && again(), MINUTE_MS);
}

// Ask for as many events as are shown, and those that came since, at the position they came at.
function address(main, wanted) {
  const since = Math.max(0, wanted - Number(main.dataset.position));
  const shown = Math.min(Number(main.dataset.shown) + Math.min(since, 50), Number(main.dataset.shownMax));
  return `${location.pathname}?shown=${Math.max(shown, 1)}&wait_for=${wanted}`;
}

// Return what asks again: never twice at once, and once more if it was wanted meanwhile.
function refresher(main, url) {
  let isAsking = false;
  let isWanted = false;
  const again = async () => {
    if (isAsking) {
      isWanted = true;
      return;
    }
    isAsking = true;
    isWanted = false;
    try {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      const page = await parsed(url());
      take(main, page);
    } catch {
      say("Not up to date: the server does not answer");
      setTimeout(again, RETRY_MS[1]);
    }
    isAsking = false;
    if (isWanted) again();
  };
  return again;
}

function take(main, page) {
  const wanted = page.getElementById("main");
  const before = newest(main);
  steadily(() => morph(main, wanted));
  document.title = page.title;
  if (main.dataset.customer) {
    const count = countNewer(main, before);
    say(count ? `Live · ${count} new` : "Live");
    mark(main, before);
  }
}

function newest(main) {
  return new Set([...main.querySelectorAll(".event")].map((one) => one.id));
}

function countNewer(main, known) {
  return [...main.querySelectorAll(".event")].filter((one) => !known.has(one.id)).length;
}

function mark(main, known) {
  for (const one of main.querySelectorAll(".event")) one.classList.toggle("new", !known.has(one.id));
}

function say(words) {
  const place = document.getElementById("live");
  if (place.textContent !== words) place.textContent = words;
}
