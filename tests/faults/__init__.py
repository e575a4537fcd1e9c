"""The crash matrix: a real process dies between every two steps of an act, and another takes up what it left.

`acts` is the table of acts, `victim` the process that dies, `portrait` the end state without ids and times, and
`matrix` strikes. A new act is a row in `acts` or `later_acts`; `table.ACTS` has all.
"""
