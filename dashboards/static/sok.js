// Shows the rows (data-rad, with words to find them by) that hold what is typed, and their groups. Without it the whole
// list stands, and the browser's own search works.
(function () {
  "use strict";
  var box = document.getElementById("sok"), field = document.getElementById("sok-ord");
  var count = document.getElementById("sok-antal");
  var rows = Array.prototype.slice.call(document.querySelectorAll("[data-rad]"));
  var groups = Array.prototype.slice.call(document.querySelectorAll("[data-grupp]"));
  var texts = rows.map(function (row) {
    return (row.textContent + " " + row.getAttribute("data-rad")).toLocaleLowerCase("sv");
  });

  function filter() {
    var words = field.value.toLocaleLowerCase("sv").split(/\s+/).filter(Boolean), shown = 0;
    rows.forEach(function (row, n) {
      var match = words.every(function (word) { return texts[n].indexOf(word) !== -1; });
      row.hidden = !match;
      shown += match ? 1 : 0;
    });
    groups.forEach(function (group) { group.hidden = !group.querySelector("[data-rad]:not([hidden])"); });
    var what = field.getAttribute("data-vad");
    count.textContent = words.length ? shown + " av " + rows.length + " " + what + " visas" : "";
  }

  box.hidden = false;
  field.addEventListener("input", filter);
  filter();
})();
