"""Figures that the huvudmän hand in themselves: files in `lokala/` → checked frames, small counts hidden."""
