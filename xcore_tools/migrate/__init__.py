"""A thin facade over Alembic: its verbs as calls that hold a lock and return data.

`facade` has the verbs; `environment` runs env.py and looks through it, `isolation` and `logs` see
that nothing else of the process changes, `failures` says what went wrong. `history` reads revision
files without running them. No other package imports Alembic.
"""
