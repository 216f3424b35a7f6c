"""One module per section: what goes in it, in which words. Layout: `templates`; numbers: `words`; charts: `figures`."""
