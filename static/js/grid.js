// In a grid, Enter goes down the column and Shift+Enter up, so that a column is filled without the mouse. Without this, the Tab key does.
(function () {
  "use strict";

  var INPUTS = "select, textarea, input:not([type=hidden])";

  // The input of the same column in the nearest row below (step 1) or above (step -1) that has one.
  function neighbour(cell, step) {
    var row = cell.parentElement;
    do {
      row = step > 0 ? row.nextElementSibling : row.previousElementSibling;
      var input = row && row.cells[cell.cellIndex] && row.cells[cell.cellIndex].querySelector(INPUTS);
      if (input) { return input; }
    } while (row);
    return null;
  }

  function onKey(event) {
    var cell = event.target.closest("td");
    if (event.key !== "Enter" || event.isComposing || !cell || event.target !== cell.querySelector(INPUTS)) { return; }
    // Also in the last row: a form must not be sent because somebody went down once too often.
    event.preventDefault();
    var input = neighbour(cell, event.shiftKey ? -1 : 1);
    if (input) {
      input.focus();
      if (input.select) { input.select(); }
    }
  }

  function attach(table) {
    table.addEventListener("keydown", onKey);
    var hint = document.createElement("p");
    hint.className = "item-hint";
    hint.textContent = "Enter goes down the column, Shift and Enter up.";
    table.parentElement.before(hint);
  }

  document.addEventListener("DOMContentLoaded", function () { document.querySelectorAll(".row-grid").forEach(attach); });
})();
