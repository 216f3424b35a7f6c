"""What docs/sakerhet.md promises, tried from outside. What one stage promises alone is tested where that stage is."""
