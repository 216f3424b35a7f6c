// Shows the rows of the list that hold what is typed. Without it the whole list stands, and the browser's own search works.
(function () {
  "use strict";
  var box = document.getElementById("sok"), field = document.getElementById("sok-ord");
  var count = document.getElementById("sok-antal");
  var rows = Array.prototype.slice.call(document.querySelectorAll("#nyckeltal-lista tbody tr"));
  var texts = rows.map(function (row) { return row.textContent.toLocaleLowerCase("sv"); });

  function filter() {
    var words = field.value.toLocaleLowerCase("sv").split(/\s+/).filter(Boolean), shown = 0;
    rows.forEach(function (row, n) {
      var match = words.every(function (word) { return texts[n].indexOf(word) !== -1; });
      row.hidden = !match;
      shown += match ? 1 : 0;
    });
    count.textContent = words.length ? shown + " av " + rows.length + " nyckeltal visas" : "";
  }

  box.hidden = false;
  field.addEventListener("input", filter);
  filter();
})();
