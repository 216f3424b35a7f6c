"""What is followed: indikatorer.yaml and kommuner.yaml as frozen models, every finding with its file and line."""
