// One document brought into another without disturbing what is being read.

export async function parsed(url) {
  const answer = await fetch(url, { headers: { accept: "text/html" }, cache: "no-store" });
  if (!answer.ok) throw Object.assign(new Error("refused"), { status: answer.status });
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

// Make `shown` like `wanted`. Elements with the same id stay the same elements, so that focus,
// opened details and the place that is read remain.
export function morph(shown, wanted) {
  keepOpened(shown, wanted);
  if (shown.isEqualNode(wanted)) return;
  for (const { name } of [...shown.attributes]) {
    if (!wanted.hasAttribute(name)) shown.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes) {
    if (shown.getAttribute(name) !== value) shown.setAttribute(name, value);
  }
  if (!hasNamed(wanted)) {
    shown.replaceChildren(...wanted.childNodes);
    return;
  }
  morphChildren(shown, wanted);
}

function morphChildren(shown, wanted) {
  const known = new Map([...shown.children].filter((one) => one.id).map((one) => [one.id, one]));
  let next = shown.firstChild;
  for (const one of [...wanted.childNodes]) {
    const same = one.id && known.get(one.id);
    if (same) {
      known.delete(one.id);
      morph(same, one);
      // Taking an element out and putting it back would lose the focus in it.
      while (next && next !== same && !(next.id && known.has(next.id))) next = dropped(next);
      if (next === same) next = same.nextSibling;
      else shown.insertBefore(same, next);
    } else if (!one.id && next && !next.id && next.nodeName === one.nodeName) {
      if (one.nodeType === Node.ELEMENT_NODE) morph(next, one);
      else if (next.data !== one.data) next.data = one.data;
      next = next.nextSibling;
    } else {
      shown.insertBefore(one, next);
    }
  }
  while (next) next = dropped(next);
}

function dropped(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

function hasNamed(element) {
  return element.querySelector("[id]") !== null;
}

function keepOpened(shown, wanted) {
  if (shown.nodeName !== "DETAILS") return;
  wanted.toggleAttribute("open", shown.open);
}

// Let `change` happen without moving what is read: the event that has the focus, else the one at
// the top of the window. Whoever is at the very top sees what comes there.
export function steadily(change) {
  const anchor = readNow();
  const before = anchor?.getBoundingClientRect().top;
  change();
  if (anchor?.isConnected) {
    scrollBy({ top: anchor.getBoundingClientRect().top - before, behavior: "instant" });
  }
}

function readNow() {
  const focused = document.activeElement?.closest(".event");
  if (focused && isInSight(focused)) return focused;
  return scrollY > 0 ? [...document.querySelectorAll(".event")].find(isInSight) : null;
}

function isInSight(element) {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
}

// Append a page of older events: a day or a contact that goes on is one with what is shown of it.
export function addOlder(main, page) {
  const timeline = main.querySelector("#timeline");
  const older = page.querySelector("#timeline");
  const [last, first] = [timeline.lastElementChild, older.firstElementChild];
  if (last && first && last.id === first.id) {
    joinGroups(last, first);
    first.remove();
  }
  timeline.append(...older.children);
  main.querySelector("#older").replaceChildren(...page.querySelector("#older").childNodes);
  main.dataset.shown = timeline.querySelectorAll(".event").length;
}

function joinGroups(day, rest) {
  const [last, first] = [[...day.querySelectorAll(".group")].at(-1), rest.querySelector(".group")];
  if (last && first && last.dataset.contact && last.dataset.contact === first.dataset.contact) {
    last.querySelector("ol").append(...first.querySelector("ol").children);
    last.id = first.id;
    first.remove();
  }
  day.append(...rest.querySelectorAll(".group"));
}
