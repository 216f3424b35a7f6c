"""Is what was stored fit to be published? Facts are read by `stored`, judged by `judge`; knows no Dagster."""
