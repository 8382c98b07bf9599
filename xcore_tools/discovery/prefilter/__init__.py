"""Which files can matter, told from their bytes and imports without a parser."""
