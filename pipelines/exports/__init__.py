"""The published database in the forms that others read: Parquet, CSV, Excel, and the descriptions of them.

Everything here reads `analys.duckdb` and nothing else: what was not published cannot be exported. One module per
format; what they all must state about the figures is `about`, and installing them together is `everything`.
"""
