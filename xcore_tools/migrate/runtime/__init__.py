"""One run of env.py, and its manners."""
