"""What is followed: indikatorer.yaml, kommuner.yaml and korrigeringar.yaml as frozen models, every finding with its
file and line.
"""
