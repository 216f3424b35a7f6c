"""The half-yearly issues: freeze, build, decide, rectify, pack and verify. Knows the catalogue, warehouse, exports and
report; nothing of Dagster.
"""
