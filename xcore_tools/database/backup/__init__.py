"""Backups that are verified, know their revision, and can be restored at any moment or not at all."""
