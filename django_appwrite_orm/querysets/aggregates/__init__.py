"""Count, Sum, Avg, Min and Max, computed by the server or over the rows."""
