"""Optional fronts: each module can be imported where the library it needs is installed."""
