// Nothing here is needed to answer: it only keeps an open page true.
"use strict";
(() => {
  const main = document.querySelector("main[data-home]");
  if (!main) return;
  const { home, stands } = main.dataset;
  const visible = () => document.visibilityState === "visible";

  // After an answer the address is the page's own again, so that a reload asks for no form.
  if (location.pathname !== home) history.replaceState(null, "", home);

  // Seen: said once, by a page that is really on a screen.
  const seen = () => {
    if (!visible()) return;
    document.removeEventListener("visibilitychange", seen);
    navigator.sendBeacon(`${home}/seen`);
  };
  if (!("quiet" in main.dataset)) {
    document.addEventListener("visibilitychange", seen);
    seen();
  }

  // One tap is one answer.
  addEventListener("submit", (event) => {
    if (event.target.dataset.sent) return event.preventDefault();
    event.target.dataset.sent = "1";
    event.submitter?.setAttribute("aria-busy", "true");
  });
  addEventListener("pageshow", (event) => event.persisted && location.replace(home));

  // Time left.
  const deadline = document.querySelector("time[data-until]");
  const left = deadline?.parentElement.parentElement.querySelector(".left");
  const ahead = new Date(main.dataset.now) - Date.now(); // of this phone's clock
  const show = () => {
    const seconds = Math.max(0, Math.floor((new Date(deadline.dateTime) - Date.now() - ahead) / 1000));
    const { clock, minutes, hours, over } = left.dataset; // sentences, in the page's language
    const whole = Math.floor(seconds / 60);
    left.textContent =
      whole >= 120 ? hours.replace("{n}", Math.round(whole / 60))
      : whole >= 10 ? minutes.replace("{n}", whole)
      : clock.replace("{clock}", `${whole}:${String(seconds % 60).padStart(2, "0")}`);
    if (!seconds) left.textContent = over;
    left.hidden = false;
  };
  if (left) {
    show();
    setInterval(show, 1000);
  }

  // News: the slot may go, come back or change while the page lies open.
  const look = async () => {
    const written = [...document.querySelectorAll("textarea, input")].some(
      (one) => one.value !== one.defaultValue || one.checked !== one.defaultChecked);
    if (!visible() || written) return; // never lose what somebody wrote
    try {
      const answer = await fetch(`${home}/outcome`, { cache: "no-store", credentials: "omit" });
      if (answer.ok && (await answer.json()).outcome !== stands && !document.querySelector("form[data-sent]")) {
        location.replace(home);
      }
    } catch {
      // No network for a moment: the next look comes in five seconds.
    }
  };
  if (stands) {
    setInterval(look, 5000);
    document.addEventListener("visibilitychange", look);
  }
})();
