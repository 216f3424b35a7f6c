"""The probe: what our code leans on Kolada v3 for, asked of a server once, politely, with its answers kept.

`requests` is what is asked, `asking` how and where the answers are kept, `checks` the table of what they must show.
"""
