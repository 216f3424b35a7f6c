"""One module per section: its contents and its words. Layout: `templates`; numbers: `formatting`; charts: `figures`."""
