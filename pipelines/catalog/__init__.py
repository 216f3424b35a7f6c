"""What is followed: the YAML files as frozen models, every finding with its file and line."""
