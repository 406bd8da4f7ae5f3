"""Optional additions: each module needs the library that it is for."""
