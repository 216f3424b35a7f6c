"""Charts: pure functions from plain values to plotly figures and SVG. No data access, no wording but labels."""
