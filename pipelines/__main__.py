"""`python -m pipelines` is the command `malbild`."""

from pipelines.cli import main

main()
