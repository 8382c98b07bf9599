"""env.py kept in step with the models: find the block, render it, replace it."""
