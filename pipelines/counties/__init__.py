"""Another county than the målbild's own: its YAML files to begin with, and its report from the same warehouse.

Here: which kommuner, region and groups a county has by Kolada's catalogue, the folder of files that is made of it, and
the database and report per county. What those say is decided where it is for the målbild's own county.
"""
