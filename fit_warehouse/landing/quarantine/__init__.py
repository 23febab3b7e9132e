"""The quarantine as a place to work: rows kept out, without identity, until they are mended."""
