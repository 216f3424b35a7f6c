"""What a night costs: beside other clients, by itself, over all of Kolada, and in an installation that runs."""
