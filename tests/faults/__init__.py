"""The crash matrix: a real process dies between every two steps of an act, and another takes up what it left.

`victim` is the process that dies, `outside` who stands around it, `portrait` the end state without ids and times, and
`matrix` strikes. A new act is a row in `acts` or beside it (`later_acts`, `outage_acts`, `mass_acts`); `table.ACTS` has
all. `spoilt` has houses that are found out.
"""
