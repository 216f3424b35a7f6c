"""Kolada v3: what to ask, how to ask it, what an answer must look like, and the archive of answers."""
