// Standby's staff pages work without this file; it makes them live. No dependency but htmx, which is optional too.
(() => {
  "use strict";
  const skew = Date.parse(document.body.dataset.serverNow) - Date.now() || 0;

  // <time data-countdown datetime="…">: “in 4:12” while less than 90 minutes are left.
  function tick() {
    for (const time of document.querySelectorAll("time[data-countdown]")) {
      const left = Math.round((Date.parse(time.dateTime) - Date.now() - skew) / 1000);
      if (left > 5400) continue;
      time.title ||= time.textContent;
      time.textContent = left <= 0 ? "now" : `in ${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    }
  }
  tick();
  setInterval(tick, 1000);

  // A swap keeps what was unfolded unfolded, and sends a signed-out visitor to the sign-in page.
  // A swap also waits for a finger that is down, or the click would go to a button that is no more, and for the answer
  // to what was sent from inside, which is for nobody once its form is gone.
  let unfolded = [];
  let pressed = false;
  let postponed = false;
  let unanswered = false;
  document.addEventListener("pointerdown", () => { pressed = true; });
  for (const end of ["pointerup", "pointercancel"]) {
    document.addEventListener(end, () => {
      pressed = false;
      if (postponed) setTimeout(() => document.body.dispatchEvent(new CustomEvent("live")), 100);
      postponed = false;
    });
  }
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, target } = event.detail;
    const awaits = target.querySelector("form.htmx-request") !== null;
    if ((pressed || awaits) && event.detail.requestConfig.verb === "get") {
      event.detail.shouldSwap = false;
      if (awaits) unanswered = true;
      else postponed = true;
      return;
    }
    if (xhr.responseURL && new URL(xhr.responseURL).pathname.startsWith("/sign-in/")) {
      event.detail.shouldSwap = false;
      window.location.reload();
      return;
    }
    unfolded = [...target.querySelectorAll("details[id][open]")].map((details) => details.id);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!unanswered || event.detail.requestConfig.verb === "get") return;
    unanswered = false;
    document.body.dispatchEvent(new CustomEvent("live"));
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
    unfolded = [];
    tick();
  });

  // <label data-ticks="entry">: ticks everything of that name, or nothing.
  function offerTicks() {
    for (const label of document.querySelectorAll("[data-ticks]")) label.hidden = false;
  }
  offerTicks();
  document.addEventListener("htmx:afterSwap", offerTicks);
  document.addEventListener("change", (event) => {
    const name = event.target.closest("[data-ticks]")?.dataset.ticks;
    if (!name) return;
    for (const box of document.querySelectorAll(`input[type="checkbox"][name="${name}"]`)) box.checked = event.target.checked;
  });

  // <form data-counts="entry">: says how many of that name are ticked, in its words and on its button.
  function countTicks() {
    for (const form of document.querySelectorAll("form[data-counts]")) {
      const n = document.querySelectorAll(`input[type="checkbox"][name="${form.dataset.counts}"]:checked`).length;
      const words = form.querySelector("[data-counted]");
      words.textContent = words.dataset.counted.replace("{n}", n);
      const button = form.querySelector("button");
      button.textContent = (button.dataset[form.elements.what.value] ?? button.textContent).replace("{n}", n);
    }
  }
  countTicks();
  document.addEventListener("htmx:afterSwap", countTicks);
  document.addEventListener("change", countTicks);

  // <button data-opens="id">: opens that dialog.
  for (const part of document.querySelectorAll("[hidden]:has([data-opens])")) part.hidden = false;
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens).showModal();
  });

  // /waitlist/#find: whoever came by the key for it types at once.
  if (location.hash === "#find") keyed("/")?.focus();

  // <form data-leads-to="id">: whoever sends it is done typing, and goes on there.
  document.addEventListener("submit", (event) => {
    document.getElementById(event.target.dataset.leadsTo)?.focus({ preventScroll: true });
  });

  // What a key stands for: here, or else on every page.
  function keyed(key) {
    const marked = `[data-key="${CSS.escape(key)}"]`;
    return document.querySelector(`main ${marked}`) ?? document.querySelector(marked);
  }

  // The account menu closes on Escape and on a click elsewhere.
  const menu = document.querySelector("details.menu");
  document.addEventListener("click", (event) => {
    if (menu?.open && !menu.contains(event.target) && !event.target.closest("dialog")) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input:not([type=checkbox], [type=radio]), select, textarea");
    const dialog = document.querySelector("dialog[open]");
    if (event.key === "Escape" && dialog) return; // the browser closes it
    if (event.key === "Escape" && menu?.open) {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const marked = keyed(event.key);
      if (!marked) return;
      event.preventDefault();
      dialog?.close();
      if (marked.matches("input")) marked.focus();
      else marked.click();
    }
  });

  // Live pages: the server says that something changed, the page fetches what. Hidden pages do not listen.
  const address = document.body.dataset.live;
  if (!address || !window.EventSource) return;
  let source = null;
  const changed = () => document.body.dispatchEvent(new CustomEvent("live"));
  function listen() {
    if (source) return;
    source = new EventSource(address);
    source.addEventListener("changed", (event) => setTimeout(changed, Math.random() * Number(event.data.split("\n")[1])));
    source.addEventListener("bye", () => { source.close(); source = null; setTimeout(listen, 500); });
  }
  function deaf() {
    source?.close();
    source = null;
  }
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return deaf();
    listen();
    changed();
  });
  window.addEventListener("pagehide", deaf);
  window.addEventListener("pageshow", (event) => event.persisted && listen());
  if (!document.hidden) listen();
})();
