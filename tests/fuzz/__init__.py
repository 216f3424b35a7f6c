"""Whatever comes in from outside is taken or refused with one of our own errors; nothing else is ever raised.

The suite plays some hundred cases for each way in, the same every time; `make fuzz` plays ten thousand new ones.
"""
