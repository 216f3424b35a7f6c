"""Every table, view and table macro of the warehouse and of the published database, as data.

A table is a block in `tabeller/*.yaml`, a column a line there; a view or a macro is a file in `vyer/` or `funktioner/`.
Nothing of it is repeated elsewhere: DDL, comments, frame checks, the data dictionary, the data package, Dagster's
column schemas and the lists of tables that the code loops over are derived from it. How rows get in is `merge` and
`content`, how they leave is `publish`.
"""

from pipelines.warehouse.schema.load import schema

__all__ = ["schema"]
