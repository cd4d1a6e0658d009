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

  function vote(ballot) {
    const { all, at } = current();
    const file = all[at < 0 ? 0 : at];
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
    const { all, at } = current();
    all[at < 0 ? 0 : at]?.querySelector("[data-open]")?.click();
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

  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  });
})();
