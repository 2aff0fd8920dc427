// After a refusal the first item to correct, or the first question to answer, has the focus. Without this, the page begins at its head.
(function () {
  "use strict";

  var MARKED = "main :is(input, select, textarea):is([aria-invalid=true], .is-invalid):not([type=hidden])";
  var ASKED = "form[data-answered] .question input[type=checkbox]:not(:checked)";

  document.addEventListener("DOMContentLoaded", function () {
    var first = document.querySelector(MARKED) || document.querySelector(ASKED);
    if (first) { first.focus(); }
  });
})();
