"""Count, Sum, Avg, Min and Max, worked out by the server or over the rows."""
