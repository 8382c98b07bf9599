"""The builtins and the modules of the standard library that are evaluated."""
