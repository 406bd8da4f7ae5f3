"""The limits of an Appwrite server, as data.

Source, where none is named: the parameters of the routes of Appwrite 1.9.6 and what it was observed to refuse; names
in parentheses are constants of its PHP code. Limits that this package sets itself stand where they are used.
"""

from __future__ import annotations

import datetime
from typing import Final

# Names and ids.

# Characters of an id or key: databases, tables, columns, indexes, rows (MAXUID).
ID_LENGTH: Final = 36
# Characters of the name of a database or table.
NAME_LENGTH: Final = 128
# Characters of a label in a role.
LABEL_LENGTH: Final = 36
# Values of `$sequence`; Appwrite refuses a query with another one.
SEQUENCES: Final = range(1, 2**63)

# Queries.

# Rows in a list that names no limit.
DEFAULT_ROWS: Final = 25
# Appwrite counts no further than this in `total` (APP_LIMIT_COUNT).
TOTAL_LIMIT: Final = 5000
# Queries of one request (APP_LIMIT_ARRAY_PARAMS_SIZE).
QUERIES_LIMIT: Final = 100
# Characters of one query (APP_LIMIT_ARRAY_ELEMENT_SIZE).
TEXT_LIMIT: Final = 4096
# Values of one condition.
VALUES_LIMIT: Final = 500
# Groups in one response of a server with aggregates. They come in no order that a second page could go on from.
GROUPS_LIMIT: Final = 1000
# Seconds after which Appwrite gives up on a query; what it has received may be applied until then.
QUERY_SECONDS: Final = 15
# Bytes of the request line and headers; beyond it the connection is closed without a response.
HEAD_BYTES: Final = 65_536

# Changes of rows.

# Rows in one bulk create (APP_LIMIT_DATABASE_BATCH of self-hosted projects).
BULK_LIMIT: Final = 100
# Rows that the response to a bulk change contains; its total counts all of them.
SHOWN_LIMIT: Final = 100
# Operations in one transaction (self-hosted projects).
OPERATIONS_LIMIT: Final = 100
# Seconds for which a transaction can be left open.
TRANSACTION_SECONDS: Final = range(60, 3_601)

# Tables.

# Bytes of a row of MariaDB.
ROW_BYTES: Final = 65_535
# Bytes of a row that Appwrite's own columns take (bytesUsed of an empty table).
EMPTY_ROW_BYTES: Final = 1_067
# Columns of a table: 1017 of MariaDB, without 7 that are Appwrite's own.
COLUMNS_LIMIT: Final = 1_017 - 7
# Indexes of a table: 64 of MariaDB, without 6 that are Appwrite's own.
INDEXES_LIMIT: Final = 64 - 6
# The lengths of an index's columns together: characters of text, 1 or 2 for other kinds.
INDEX_LENGTH: Final = 768
# Columns that a new table can bring with it (APP_LIMIT_ARRAY_PARAMS_SIZE).
INLINE_COLUMNS_LIMIT: Final = 100
# Indexes that a new table can bring with it.
INLINE_INDEXES_LIMIT: Final = INDEXES_LIMIT
# Permissions of a table or row (APP_LIMIT_ARRAY_PARAMS_SIZE).
PERMISSIONS_LIMIT: Final = 100

# Values. The sizes and ranges of single kinds are in `tables/kinds.py`.

# Elements of an enum (APP_LIMIT_ARRAY_PARAMS_SIZE).
ELEMENTS_LIMIT: Final = 100
# Characters of an element of an enum (Database::LENGTH_KEY).
ELEMENT_LENGTH: Final = 255
# The smallest size of an encrypted text: its encrypted form is longer than the text.
ENCRYPTED_SIZE: Final = 150
# The earliest point in time.
EARLIEST_DATETIME: Final = datetime.datetime(1000, 1, 1, tzinfo=datetime.UTC)
# The latest point in time. The last 999 milliseconds of the year 9999 are refused.
LATEST_DATETIME: Final = datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=datetime.UTC)

# Webhooks.

# Characters of the secret that signs a webhook.
WEBHOOK_SECRET_LENGTHS: Final = range(8, 257)
