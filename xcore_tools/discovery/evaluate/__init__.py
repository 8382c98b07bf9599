"""Python followed over values instead of objects: scopes, expressions, statements, classes, calls.

Nothing is imported and nothing runs. What SQLAlchemy makes of it is the business of `mapping` and `library`.
"""
