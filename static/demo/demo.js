// Keeps the page fresh: asks once a second whether something happened, and then takes over the
// parts marked with data-live. What a visitor types, opened or scrolled to stays.
"use strict";

const PERIOD_MS = 1000;
let seen = null;

/** Whether somebody is at work in this part of the page. */
function busy(part) {
  const active = document.activeElement;
  return part.contains(active) && active.matches("input, textarea, select");
}

/** Which folds are open: by key, else by what their summary says. */
function foldName(fold) {
  return fold.dataset.key || fold.querySelector("summary")?.textContent || "";
}

function replace(part, fresh) {
  if (part.innerHTML === fresh.innerHTML || busy(part)) return;
  const open = new Set([...part.querySelectorAll("details[open]")].map(foldName));
  for (const fold of fresh.querySelectorAll("details")) {
    if (open.has(foldName(fold))) fold.open = true;
  }
  part.replaceWith(document.adoptNode(fresh));
}

async function refresh() {
  const answer = await fetch(location.href, { headers: { "x-refresh": "1" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const fresh = page.querySelector(`[data-live="${part.dataset.live}"]`);
    if (fresh) replace(part, fresh);
  }
}

async function look() {
  try {
    const answer = await fetch("/-/pulse");
    const now = await answer.text();
    if (answer.ok && seen !== null && now !== seen) await refresh();
    if (answer.ok) seen = now;
    document.body.classList.remove("gone");
  } catch {
    document.body.classList.add("gone");
  }
  setTimeout(look, PERIOD_MS);
}

// What the server rendered may be older than the first look: one refresh soon after loading.
setTimeout(() => refresh().catch(() => {}), 300);
look();
