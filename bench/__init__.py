"""Measurements on real servers: `make bench` and `make soak` run each module here in a process of its own.

A module bench_<name>.py (or soak_<name>.py) has one function `run() -> Result`; it finds Django set up and an
empty, migrated database of its own. The first line of its docstring is the title of its table.
"""
