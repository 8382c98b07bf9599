"""From the files of a project to the whole result: components of the import graph, and who works on them."""
