// New events as they come. A page that follows asks for itself again when the stream says that
// something happened, after it was cut off, and now and then; what it shows is always an answer of
// the server, never put together here.
import { morph, parsed, steadily } from "./merge.js";

const RETRY_MS = [500, 1000, 2000, 4000];
const PAUSE_MS = 150;
const MINUTE_MS = 60000;
const NEW_AT_ONCE_MAX = 50;
const GONE = 404;

const fresh = new Set();

export function followEvents(main) {
  if (main.dataset.customer) followCustomer(main);
  else if (main.dataset.refreshS) followSometimes(main);
}

function followSometimes(main) {
  const again = refresher(main, () => location.href);
  const isAsked = () => [...main.querySelectorAll("input[type=search]")].some((one) => one.value);
  setInterval(() => !document.hidden && !isAsked() && again(), main.dataset.refreshS * 1000);
}

function followCustomer(main) {
  let wanted = Number(main.dataset.position);
  let retries = 0;
  let stream = null;
  let timer = 0;
  const again = refresher(main, () => address(main, wanted));
  const connect = () => {
    const { position, customer } = main.dataset;
    stream = new EventSource(`/v1/stream?after=${position}&customer=${customer}`);
    stream.onopen = () => {
      if (retries > 0) again();
      retries = 0;
      tell(main);
    };
    stream.onerror = () => {
      stream.close();
      say(`Not connected: this is what was known at position ${main.dataset.position}`);
      timer = setTimeout(connect, RETRY_MS[Math.min(retries++, RETRY_MS.length - 1)]);
    };
    for (const name of ["entry", "reset"]) {
      stream.addEventListener(name, (event) => {
        wanted = Math.max(wanted, Number(event.lastEventId) || 0);
        again();
      });
    }
  };
  // A browser keeps few connections to one server: windows that nobody sees hold none.
  document.addEventListener("visibilitychange", () => {
    stream.close();
    clearTimeout(timer);
    if (document.hidden) return;
    connect();
    again();
  });
  for (const name of ["pointerdown", "keydown"]) document.addEventListener(name, () => seen(main));
  setInterval(() => !document.hidden && again(), MINUTE_MS);
  connect();
}

// Ask for as many events as are shown, and those that came since, at the position they came at.
function address(main, wanted) {
  const { position, shown, shownMax } = main.dataset;
  const since = Math.min(Math.max(0, wanted - position), NEW_AT_ONCE_MAX);
  const asked = Math.min(Math.max(1, Number(shown) + since), Number(shownMax));
  return `${location.pathname}?shown=${asked}&wait_for=${wanted}`;
}

// Return what asks again: never twice at once, and once more if it was wanted meanwhile.
function refresher(main, url) {
  let isAsking = false;
  let isWanted = false;
  const again = async () => {
    isWanted = isAsking;
    if (isAsking) return;
    isAsking = true;
    try {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      take(main, await parsed(url()));
    } catch (error) {
      // Whoever was erased meanwhile is not to stand here any longer.
      if (error.status === GONE) location.reload();
      say("Not up to date: the server does not answer");
      setTimeout(again, RETRY_MS.at(-1));
    }
    isAsking = false;
    if (isWanted) again();
  };
  return again;
}

function take(main, page) {
  const before = new Set(idsOf(main));
  const { customer } = main.dataset;
  steadily(() => morph(main, page.getElementById("main")));
  document.title = page.title;
  if (!customer) return;
  for (const id of idsOf(main)) if (!before.has(id)) fresh.add(id);
  // After a merge the page is that of whoever they are now.
  if (main.dataset.customer !== customer) {
    history.replaceState(null, "", `/customers/${main.dataset.customer}`);
  }
  tell(main);
}

function idsOf(main) {
  return [...main.querySelectorAll(".event")].map((one) => one.id);
}

function seen(main) {
  if (!fresh.size) return;
  fresh.clear();
  tell(main);
}

function tell(main) {
  for (const one of main.querySelectorAll(".event")) {
    one.classList.toggle("new", fresh.has(one.id));
  }
  say(fresh.size ? `Live · ${fresh.size} new` : "Live");
}

function say(words) {
  const place = document.getElementById("live");
  if (place.textContent !== words) place.textContent = words;
}
