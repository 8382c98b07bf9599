"""env.py kept in step with the models. Nothing is imported or run: text in, text out.

`sync.sync_env` is the story:

1. `source` decodes the file; `markers` finds its pairs of markers and `block` the one to use. What lies
   between them today is read by `held`.
2. `target` takes the value of `target_metadata` apart, over the `statements` of the file. `follow` tells
   which collections of the project its parts mean, and `metadata` plans what it should be.
3. `importable` leaves out what no import can reach; `bindings` gives every class a name that is free;
   `render` writes the lines of the block.
4. `block` puts them between the markers, or where `placement` finds the place for new ones, unless they
   lack `names` that the file needs.
5. The `rewrite` is the outcome as data. `write` replaces the file in one step, under a lock.

Beside it `locate` finds the env.py by the settings of Alembic.
"""
