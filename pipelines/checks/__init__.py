"""Is what was stored fit to be published? Facts are read by `inputs`, judged by `evaluate`; knows no Dagster."""
