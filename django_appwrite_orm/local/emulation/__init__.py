"""Rules of PHP and MariaDB: dates, numbers, formats, comparison, full-text search, geometry."""
