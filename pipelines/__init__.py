"""From Kolada to the published database."""

from importlib.metadata import version

__version__ = version("malbild")
