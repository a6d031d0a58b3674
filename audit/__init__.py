"""WHETHER the log is intact: verification over the read side, never the write path."""
