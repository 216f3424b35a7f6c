"""One run of the night's job: what it holds, its steps, and what is to be said of it. Dagster is `pipelines.assets`."""
