"""What the report is about, as rows and frames from the published database. What is said of it is in `pages`."""
