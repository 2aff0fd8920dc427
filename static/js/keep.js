// Keeps what was typed into a form marked data-keep until the server has stored it: through a lost session, a crash of the tab, a broken line.
// Everything stays in this browser tab (sessionStorage) under the person's own key, and goes when the form was stored or the person signs out.
// What blinded people must not read, should one of them sit down at this computer next, is encrypted with a secret that comes with the page.
(function () {
  "use strict";

  var PREFIX = "trialsite.kept.";

  function keyOf(form) { return PREFIX + form.dataset.keep; }

  function fieldsOf(form) {
    return Array.from(form.elements).filter(function (input) {
      return input.name && !["hidden", "password", "file", "submit", "button"].includes(input.type) && input.tagName !== "BUTTON";
    });
  }

  function read(form) {
    var typed = {};
    fieldsOf(form).forEach(function (input) {
      if (input.type === "radio" || input.type === "checkbox") {
        if (input.checked) { (typed[input.name] = typed[input.name] || []).push(input.value); } else { typed[input.name] = typed[input.name] || []; }
      } else {
        typed[input.name] = input.value;
      }
    });
    return typed;
  }

  function write(form, typed) {
    fieldsOf(form).forEach(function (input) {
      if (!(input.name in typed)) { return; }
      if (input.type === "radio" || input.type === "checkbox") {
        input.checked = typed[input.name].includes(input.value);
      } else {
        input.value = typed[input.name];
      }
    });
  }

  // What the page was opened with: the server needs it to tell what a colleague stored since from what was typed here.
  function basesOf(form) {
    return Array.from(form.elements).filter(function (input) { return input.type === "hidden" && /^base[_-]/.test(input.name); });
  }

  function readBases(form) {
    return Object.fromEntries(basesOf(form).map(function (input) { return [input.name, input.value]; }));
  }

  function writeBases(form, bases) {
    basesOf(form).forEach(function (input) { if (input.name in bases) { input.value = bases[input.name]; } });
  }

  function fromHex(text) { return Uint8Array.from(text.match(/../g), function (pair) { return parseInt(pair, 16); }); }
  function toHex(bytes) { return Array.from(bytes, function (byte) { return byte.toString(16).padStart(2, "0"); }).join(""); }

  function withSecret(form, act) {
    // Without TLS a browser has no encryption: then such a form is not kept.
    if (!window.crypto.subtle) { return Promise.reject(new Error("no encryption")); }
    return window.crypto.subtle.importKey("raw", fromHex(form.dataset.keepSecret), "AES-GCM", false, ["encrypt", "decrypt"]).then(act);
  }

  function seal(form, text) {
    var nonce = window.crypto.getRandomValues(new Uint8Array(12));
    return withSecret(form, function (key) {
      return window.crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce }, key, new TextEncoder().encode(text));
    }).then(function (sealed) { return toHex(nonce) + toHex(new Uint8Array(sealed)); });
  }

  function unseal(form, text) {
    var bytes = fromHex(text);
    return withSecret(form, function (key) {
      return window.crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes.slice(0, 12) }, key, bytes.slice(12));
    }).then(function (plain) { return new TextDecoder().decode(plain); });
  }

  function same(one, other) { return JSON.stringify(one) === JSON.stringify(other); }

  function say(form, text) {
    var note = document.createElement("div");
    note.className = "alert alert-info py-2 kept-note";
    note.setAttribute("role", "status");
    note.textContent = text + " ";
    var drop = document.createElement("button");
    drop.type = "button";
    drop.className = "btn btn-sm btn-light border";
    drop.textContent = "Discard it";
    drop.addEventListener("click", function () { sessionStorage.removeItem(keyOf(form)); location.reload(); });
    note.append(drop);
    form.prepend(note);
  }

  function attach(form, isStored) {
    var shown = read(form), isSealed = Boolean(form.dataset.keepSecret), turn = 0;
    function bringBack(text) {
      var kept = JSON.parse(text);
      if (!same(kept.typed, shown)) {
        write(form, kept.typed);
        writeBases(form, kept.bases);
        say(form, "This is what you typed before, not stored yet.");
        // So that what is computed from the values follows them.
        form.dispatchEvent(new Event("change", { bubbles: true }));
      }
    }
    function keep() {
      var text = JSON.stringify({ typed: read(form), bases: readBases(form) }), mine = ++turn;
      if (!isSealed) { sessionStorage.setItem(keyOf(form), text); return; }
      seal(form, text).then(function (sealed) {
        if (mine === turn) { sessionStorage.setItem(keyOf(form), sealed); }
      }).catch(function () { sessionStorage.removeItem(keyOf(form)); });
    }
    var kept = sessionStorage.getItem(keyOf(form));
    // A page that answers a submission already shows what was typed.
    if (kept && !form.dataset.answered) {
      if (isSealed) {
        unseal(form, kept).then(bringBack).catch(function () { sessionStorage.removeItem(keyOf(form)); });
      } else { bringBack(kept); }
    }
    form.addEventListener("input", keep);
    form.addEventListener("change", keep);
    if (form.dataset.answered && !isStored) { keep(); }
  }

  function clearAll() {
    Object.keys(sessionStorage).filter(function (key) { return key.startsWith(PREFIX); }).forEach(function (key) { sessionStorage.removeItem(key); });
  }

  document.addEventListener("DOMContentLoaded", function () {
    var stored = Array.from(document.querySelectorAll("[data-kept-stored]"), function (mark) { return PREFIX + mark.dataset.keptStored; });
    stored.forEach(function (key) { sessionStorage.removeItem(key); });
    document.querySelectorAll("form[data-keep]").forEach(function (form) { attach(form, stored.includes(keyOf(form))); });
    document.querySelectorAll("form[data-keep-clear]").forEach(function (form) { form.addEventListener("submit", clearAll); });
  });
})();
