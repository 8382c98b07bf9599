"""The schema of a database as text for a reader or a program. Pure, as all reports are.

`overview` and `details` are for people, `json`, `sql` and `dbml` for programs; `words` says each
part in one line, for these and for differences.
"""
