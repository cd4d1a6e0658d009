/* Enhancements only: every page works without this file. */
"use strict";

(function () {
  const files = () => Array.from(document.querySelectorAll("[data-review-file]"));

  function current() {
    const all = files();
    const at = all.findIndex((each) => each.contains(document.activeElement));
    return { all, at };
  }

  function go(step) {
    const { all, at } = current();
    if (all.length === 0) return;
    const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step));
    all[next].focus();
    all[next].scrollIntoView({ block: "start" });
  }

  /* The file that has the focus, else the first that still waits for a vote: nobody has to go there first. */
  function meant() {
    const { all, at } = current();
    return all[at] || all.find((each) => each.querySelector(".voting")) || all[0];
  }

  function vote(ballot) {
    const file = meant();
    if (!file) return;
    const button = file.querySelector('button[name="verdict"][value="' + ballot + '"]');
    const text = file.querySelector("textarea[name=comment]");
    if (!button) return;
    if (ballot === "refuse" && text && text.value.trim() === "") {
      text.focus();
      return;
    }
    button.focus();
  }

  /* The preview of the file that has the focus, in a page of its own. */
  function large() {
    meant()?.querySelector("[data-open]")?.click();
  }

  /* Rows of the queue: the link of each is its stop. */
  function row(step) {
    const all = Array.from(document.querySelectorAll("[data-queue-item]"));
    const at = all.indexOf(document.activeElement);
    const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step))];
    if (next) next.focus();
  }

  function say(id) {
    const field = document.getElementById(id);
    if (!field) return;
    const folded = field.closest("details");
    if (folded) folded.open = true;
    field.focus();
  }

  const onRequest = {
    j: () => go(1),
    k: () => go(-1),
    o: () => large(),
    a: () => vote("approve"),
    r: () => vote("refuse"),
    c: () => say("remark"),
    v: () => say("m-return"),
    n: () => document.querySelector("[data-next]")?.click(),
  };
  const onQueue = { j: () => row(1), k: () => row(-1) };

  document.addEventListener("keydown", (event) => {
    const keys = files().length > 0 ? onRequest : document.querySelector("[data-queue-item]") ? onQueue : {};
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select")) {
      if (event.key === "Escape") (event.target.closest("[data-review-file]") || event.target).focus();
      if (event.key === "Escape" && document.activeElement === event.target) event.target.blur();
      return;
    }
    const act = Object.hasOwn(keys, event.key) ? keys[event.key] : null;
    if (act) {
      event.preventDefault();
      act();
    }
  });

  /* A form that takes seconds says so, and can't be sent twice. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    if (form.hasAttribute("data-once")) form.dataset.sent = "yes";
    const button = event.submitter;
    if (button && button.dataset.busy) {
      setTimeout(() => {
        button.textContent = button.dataset.busy;
        button.setAttribute("aria-disabled", "true");
      }, 0);
    }
  });

  /* The notice of a coming end of the session: shown by style; here it looks first whether another page of the same
     session was used meanwhile, and the way to stay needs no page of its own. */
  const notice = document.querySelector(".idle-notice");
  const stay = notice?.querySelector("form[data-stay]");
  const signed = { "X-XSRFToken": stay?.elements._xsrf.value }; /* without it a cookie is not believed */

  function showAgain(seconds) {
    notice.classList.remove("idle-notice");
    notice.hidden = true;
    setTimeout(look, Math.max(1, seconds) * 1000);
  }

  function onClocks(moment) {
    const form = { timeZone: notice.dataset.zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    return new Intl.DateTimeFormat("en-GB", form).format(new Date(moment));
  }

  async function look() {
    const answer = await fetch(stay.dataset.stay, { headers: signed }).catch(() => null);
    const state = answer?.ok ? await answer.json() : { sessions: [] };
    const until = state.sessions.find((each) => each.current)?.idle_until;
    const shown = notice.querySelector("time");
    const later = until ? (Date.parse(until) - Date.parse(shown.dateTime)) / 1000 : 0;
    if (later > 60) {
      shown.dateTime = until;
      shown.textContent = shown.textContent.replace(/\d\d:\d\d/, onClocks(until));
      showAgain(later);
      return;
    }
    notice.hidden = false;
    notice.classList.add("idle-notice", "now");
  }

  notice?.addEventListener("animationstart", look, { once: true });
  stay?.addEventListener("submit", (event) => {
    event.preventDefault();
    const body = new URLSearchParams(new FormData(stay));
    fetch(stay.getAttribute("action"), { method: "POST", headers: signed, body }).then(look, look);
  });

  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  });
})();
