"""A result as text for a reader or a program. Pure: a Discovery in, a string out, nothing else.

One module for each form: `text`, `problems` and `explain` are for people, `json`, `sarif` and
`github` for programs, `imports` for both. Each offers `render`.
"""
