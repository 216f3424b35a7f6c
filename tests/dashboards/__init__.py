"""The report: what a reader of the page, of its tables and of its print sees."""
