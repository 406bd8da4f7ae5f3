"""What groups use: sites and rows of contenders, their servers, and what is read from processes."""
