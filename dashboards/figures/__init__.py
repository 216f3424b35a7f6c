"""Charts: pure functions from polars frames to plotly figures. No data access, no wording but labels."""
