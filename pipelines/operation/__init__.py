"""Keeping an installation alive: examine it, back it up, restore it. Nothing here fetches, merges or publishes."""
