"""The first five minutes of a project: what is there, what to write, and writing it.

`survey` looks, `plan` decides over plain facts, `settings` and `hooks` are the texts, `write` does
what was agreed to. Nothing of the project runs.
"""
