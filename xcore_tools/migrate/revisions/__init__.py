"""Revision files, and the graph that they make, without running them."""
