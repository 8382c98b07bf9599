"""Python followed over values instead of objects: scopes, expressions, statements, classes, calls.

Nothing is imported and nothing runs. `core` is the interpreter, `python` the rules that it is handed here;
what SQLAlchemy makes of it all is the business of `orm`.
"""
