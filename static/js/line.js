// The line to the server. Before a form is sent, asks whether the server and its database answer: where they do not, the page stays, says so, looks
// again by itself, and says when the form can be sent. What is typed never leaves the page for an error page of the browser.
(function () {
  "use strict";

  var HEALTH = "/health", PATIENCE_MS = 15000, PAUSE_MS = 3000, LEAVING_MS = 5000;
  var asked = new WeakSet(), sure = new WeakSet(), left = new WeakSet(), notes = new WeakMap(), waiting = null;

  var SERVER = "The server does not answer just now.";
  var DATABASE = "The server answers, its database does not.";
  var KEPT = " Nothing is stored yet and nothing is lost: what you typed is still here. This page looks again by itself.";
  var BACK = "The server answers again. Nothing was lost: send the form once more.";

  function ask() {
    return fetch(HEALTH, { cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(PATIENCE_MS) })
      .then(function (answer) { return answer.status === 503 ? DATABASE : [502, 504].includes(answer.status) ? SERVER : ""; })
      .catch(function () { return SERVER; });
  }

  // Above the buttons, which may stand outside their form.
  function noteIn(form) {
    var note = notes.get(form) || document.createElement("div");
    if (!note.isConnected) {
      var button = Array.from(form.elements).find(function (one) { return one.type === "submit"; });
      (form.querySelector(".crf-actions") || (button ? button.parentElement : form)).prepend(note);
      notes.set(form, note);
    }
    return note;
  }

  function say(form, text, look) {
    var note = noteIn(form);
    note.className = "alert alert-" + look + " line-note w-100 py-2 mb-2";
    note.setAttribute("role", look === "danger" ? "alert" : "status");
    note.textContent = text;
  }

  function watch(form) {
    clearTimeout(waiting);
    waiting = setTimeout(function () {
      ask().then(function (trouble) {
        if (!form.isConnected) { return; }
        if (trouble) { say(form, trouble + KEPT, "danger"); watch(form); } else { say(form, BACK, "success"); }
      });
    }, PAUSE_MS);
  }

  function report(form, trouble) { say(form, trouble + KEPT, "danger"); watch(form); }

  function send(form, button) {
    asked.add(form);
    ask().then(function (trouble) {
      asked.delete(form);
      if (trouble) { report(form, trouble); return; }
      sure.add(form);
      form.requestSubmit(button);
    });
  }

  // The second of two clicks would break off the sending of the first. A form that something else held back has not left.
  function leave(form, event) {
    left.add(form);
    setTimeout(function () { if (event.defaultPrevented) { left.delete(form); } });
    setTimeout(function () { left.delete(form); }, LEAVING_MS);
  }

  // Nothing is lost with a form in which nothing was typed, such as the one that signs out.
  function isWorthAsking(form) {
    return "ask" in form.dataset || Array.from(form.elements).some(function (one) {
      return one.name && !["hidden", "submit", "button"].includes(one.type);
    });
  }

  // Before anything else hears of it, for a form that was not sent is no reason to forget what was typed.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.getAttribute("method") !== "post" || form.hasAttribute("hx-post") || !form.requestSubmit) { return; }
    if (sure.delete(form)) { leave(form, event); return; }
    if (!isWorthAsking(form)) { return; }
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!asked.has(form) && !left.has(form)) { send(form, event.submitter); }
  }, true);

  window.addEventListener("pageshow", function () { left = new WeakSet(); });

  // What htmx sends goes without leaving the page; it says nothing when it gets no answer.
  function formOf(event) { return event.detail.elt && event.detail.elt.closest("form"); }

  function failed(event) {
    var form = formOf(event), status = event.detail.xhr ? event.detail.xhr.status : 0;
    if (form && (status === 0 || status >= 500)) { report(form, status === 503 ? DATABASE : SERVER); }
  }

  ["htmx:sendError", "htmx:timeout", "htmx:responseError"].forEach(function (name) { document.addEventListener(name, failed); });
})();
