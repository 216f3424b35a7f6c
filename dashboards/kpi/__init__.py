"""What a page says of one nyckeltal: figures and sentences, tables and charts for a set of areas (`scope`), its words,
and where it comes from. Which nyckeltal a page shows, and in which order, is the page's.
"""
