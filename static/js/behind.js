// In a table of a report every number leads to the records behind it. Numbers of patients are links; the others share the link of
// their row, so that keyboards and screen readers meet each place once. Without this, the link of the row does it.
(function () {
  "use strict";

  document.addEventListener("click", function (event) {
    var cell = event.target.closest("tr[data-behind] td.num");
    if (!cell || event.target.closest("a") || String(window.getSelection())) { return; }
    var address = cell.parentNode.dataset.behind;
    if (event.ctrlKey || event.metaKey) { window.open(address, "_blank", "noopener"); } else { window.location.assign(address); }
  });
})();
