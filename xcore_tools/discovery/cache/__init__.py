"""What earlier scans found out, and the files that it is kept in."""
