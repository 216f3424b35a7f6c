// Draws the charts from the JSON islands: when they come into view, or all of them before the page is printed.
// The figures are made by dashboards/figures; here is only when and how large they are drawn.
(function () {
  "use strict";
  var charts = Array.prototype.slice.call(document.querySelectorAll("[data-figure]"));
  var template = JSON.parse(document.getElementById("diagrammall").textContent);
  var config = { displayModeBar: false, responsive: true, scrollZoom: false, doubleClick: false, showTips: false };

  function draw(place) {
    if (place.dataset.drawn) return;
    place.dataset.drawn = "yes";
    var figure = JSON.parse(document.getElementById(place.dataset.figure).textContent);
    // Follows the reader's own text size.
    var base = parseFloat(getComputedStyle(document.documentElement).fontSize);
    figure.layout.font = { size: Math.round(base * 0.78) };
    figure.layout.autosize = true;
    figure.layout.template = template;
    Plotly.newPlot(place, figure.data, figure.layout, config);
  }

  // A print is scaled, not redrawn: with a viewBox and a fixed ratio the drawing keeps its proportions at any width.
  function scalable(place) {
    place.querySelectorAll("svg.main-svg").forEach(function (svg) {
      var width = svg.getAttribute("width"), height = svg.getAttribute("height");
      svg.setAttribute("viewBox", "0 0 " + width + " " + height);
      place.style.setProperty("--ratio", width + " / " + height);
    });
  }

  if ("IntersectionObserver" in window) {
    var observer = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) {
        if (!entry.isIntersecting) return;
        observer.unobserve(entry.target);
        draw(entry.target);
      });
    }, { rootMargin: "800px 0px" });
    charts.forEach(function (place) { observer.observe(place); });
  } else {
    charts.forEach(draw);
  }

  var opened = [];
  window.addEventListener("beforeprint", function () {
    opened = Array.prototype.slice.call(document.querySelectorAll("details:not([open])"));
    opened.forEach(function (part) { part.open = true; });
    charts.forEach(function (place) { draw(place); scalable(place); });
  });
  window.addEventListener("afterprint", function () {
    opened.forEach(function (part) { part.open = false; });
    charts.forEach(function (place) {
      place.querySelectorAll("svg.main-svg").forEach(function (svg) { svg.removeAttribute("viewBox"); });
    });
  });
})();
