// What pages can do beyond links and forms: keys, scanned codes, live fragments, unsaved forms. Every page works without it.
"use strict";

(() => {
  const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

  // Keys: / search, j k rows, Enter open, a approve, r reject, ? the list of keys.
  const rows = () => [...document.querySelectorAll("tbody tr[data-href], tbody tr:has(a[data-open])")];
  const selected = () => document.querySelector('tr[aria-selected="true"]');

  const move = (step) => {
    const all = rows();
    if (all.length === 0) return;
    const at = all.indexOf(selected());
    const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
    all.forEach((row) => row.removeAttribute("aria-selected"));
    next.setAttribute("aria-selected", "true");
    next.scrollIntoView({ block: "nearest" });
  };

  const open = (row) => {
    const address = row?.dataset.href ?? row?.querySelector("a[data-open]")?.href;
    if (address) location.assign(address);
  };

  const press = (key) => {
    const place = selected() ?? document;
    const button = place.querySelector(`[data-key="${key}"]`) ?? document.querySelector(`[data-key="${key}"]`);
    button?.click();
  };

  const list = document.getElementById("keys");
  document.querySelectorAll("[data-keys]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => list?.showModal());
  });

  const keys = {
    "/": () => document.getElementById("search")?.focus(),
    j: () => move(1),
    k: () => move(-1),
    a: () => press("a"),
    r: () => press("r"),
    e: () => press("e"),
    "?": () => list?.showModal(),
  };

  // A scanner types faster than a person and ends with Enter: at most 40 ms between two characters, at least 6 of them.
  let scanned = "";
  let last = 0;
  const scan = (event) => {
    scanned = event.timeStamp - last < 40 ? scanned : "";
    last = event.timeStamp;
    if (event.key.length === 1) {
      scanned += event.key;
      return false;
    }
    const code = scanned;
    scanned = "";
    if (event.key !== "Enter" || code.length < 6) return false;
    location.assign(`/bench/open?code=${encodeURIComponent(code)}`);
    return true;
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (!document.body.hasAttribute("data-signed-in") || typing(event.target) || list?.open) return;
    const midScan = event.timeStamp - last < 40 && scanned.length > 0;
    if (scan(event)) {
      event.preventDefault();
      return;
    }
    if (event.key === "Enter" && selected() && event.target === document.body) open(selected());
    if (midScan || !(event.key in keys)) return;
    if (event.key === "/") event.preventDefault();
    // A single key acts only when no scan follows it.
    const act = keys[event.key];
    const count = scanned.length;
    if (event.key === "/" || event.key === "?") act();
    else setTimeout(() => scanned.length <= count && act(), 45);
  });

  document.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-href]");
    if (row && !event.target.closest("a, button, input, label, select") && getSelection()?.isCollapsed) open(row);
    document.querySelectorAll("details.me[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  // Live fragments: the server sends the element's whole HTML anew; what the reader is typing in stays.
  const lost = document.getElementById("live-lost");
  document.querySelectorAll("[data-live]").forEach((element) => {
    const source = new EventSource(element.dataset.live);
    source.addEventListener("message", (event) => {
      if (lost) lost.hidden = true;
      if (element.contains(document.activeElement) && typing(document.activeElement)) return;
      const at = rows().indexOf(selected());
      element.innerHTML = event.data;
      if (at >= 0) rows()[at]?.setAttribute("aria-selected", "true");
    });
    source.addEventListener("open", () => { if (lost) lost.hidden = true; });
    source.addEventListener("error", () => { if (lost) lost.hidden = false; });
    addEventListener("pagehide", () => source.close());
  });

  // While a profile is written, what it makes of the capture follows; the buttons do the same without this.
  document.querySelectorAll("form[data-try]").forEach((form) => {
    let timer = 0;
    let asked = 0;
    const tryNow = async () => {
      const own = ++asked;
      const fields = new FormData(form);
      if (!fields.get("capture") && !fields.get("transmission") && !fields.get("file")?.size) return;
      fields.set("act", "try");
      const answer = await fetch(form.action, { method: "POST", body: fields }).catch(() => null);
      if (!answer || own !== asked || (answer.status !== 200 && answer.status !== 422)) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const tried = page.getElementById("tried");
      if (tried && own === asked) document.getElementById("tried").replaceChildren(...tried.childNodes);
    };
    form.addEventListener("input", (event) => {
      if (!["text", "capture", "as", "transmission", "file"].includes(event.target.name)) return;
      clearTimeout(timer);
      timer = setTimeout(tryNow, 700);
    });
  });

  // A form with something typed is not left by mistake; the browser asks in its own words.
  let dirty = false;
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form");
    if (form?.method === "post" && !form.hasAttribute("data-careless")) dirty = true;
  });
  document.addEventListener("submit", (event) => {
    dirty = false;
    // One click is one act.
    if (event.target.method === "post") {
      setTimeout(() => event.target.querySelectorAll("button").forEach((button) => { button.disabled = true; }), 0);
    }
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form button:disabled").forEach((button) => { button.disabled = false; });
  });
  addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });

  // A select or tick that filters a list applies at once.
  document.addEventListener("change", (event) => {
    if (event.target.matches("form.filters select, form.filters input[type=checkbox]")) event.target.form.requestSubmit();
  });

  const print = document.querySelectorAll("[data-print]");
  print.forEach((button) => { button.hidden = false; button.addEventListener("click", () => window.print()); });

  // The list of errors says what to put right; the field's own label before it says where.
  document.querySelectorAll(".errors a").forEach((link) => {
    const field = document.getElementById(link.hash.slice(1));
    const label = field?.labels?.[0] ?? field?.querySelector("legend");
    const name = label?.firstChild?.textContent.trim();
    if (name) link.prepend(`${name} · `);
  });
  document.querySelector(".errors")?.focus();
})();
