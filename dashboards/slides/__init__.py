"""Slides: what an issue and a huvudman's pages say, for a meeting, with charts whose numbers can be edited."""
