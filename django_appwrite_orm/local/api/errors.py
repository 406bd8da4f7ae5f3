"""Errors of the server, by Appwrite's ``type``.

Types and HTTP codes are those of Appwrite 1.9.6, messages are not. Code below the routes raises the type of the
TablesDB API (``row_not_found``); the older routes translate it.
"""

from __future__ import annotations

from typing import Final

_CODES: Final[dict[int, str]] = {
    400: """
        general_argument_invalid general_query_invalid general_cursor_not_found general_bad_request
        general_feature_unsupported database_query_order_null
        table_limit_exceeded row_invalid_structure row_missing_data row_missing_payload
        column_unknown column_not_available column_format_unsupported column_default_unsupported
        column_limit_exceeded column_value_invalid column_type_invalid column_invalid_resize
        column_index_limit_exceeded column_index_invalid index_invalid attribute_type_invalid
        relationship_value_invalid collection_limit_exceeded document_invalid_structure document_missing_data
        document_missing_payload attribute_limit_exceeded
        transaction_invalid transaction_failed transaction_limit_exceeded transaction_not_ready
    """,
    401: "general_access_forbidden general_unauthorized_scope user_jwt_invalid user_unauthorized user_blocked",
    403: "project_id_missing general_unknown_origin row_delete_restricted document_delete_restricted",
    404: """
        general_route_not_found project_not_found user_not_found team_not_found
        database_not_found table_not_found row_not_found
        column_not_found column_index_not_found collection_not_found document_not_found attribute_not_found
        index_not_found transaction_not_found webhook_not_found
    """,
    405: "general_not_implemented",
    408: "database_timeout",
    409: """
        user_already_exists team_already_exists membership_already_confirmed webhook_already_exists
        database_already_exists table_already_exists row_already_exists row_update_conflict
        column_already_exists column_index_already_exists column_index_dependency document_already_exists
        document_update_conflict transaction_conflict
    """,
    410: "transaction_expired",
    413: "general_payload_too_large",
    500: "general_unknown",
}
STATUS: Final[dict[str, int]] = {name: code for code, names in _CODES.items() for name in names.split()}


class AppwriteError(Exception):
    """An error response: ``{"message", "code", "type", "version"}`` with the code that belongs to the type."""

    def __init__(self, type: str, message: str) -> None:
        super().__init__(message)
        self.type = type
        self.message = message

    @property
    def status(self) -> int:
        return STATUS[self.type]


def invalid_argument(name: str, why: str) -> AppwriteError:
    """Return the error for a parameter that its validator refuses."""
    return AppwriteError("general_argument_invalid", f"Parameter `{name}` is invalid: {why}")


def invalid_query(why: str) -> AppwriteError:
    """Return the error for a query that cannot be parsed or is not allowed."""
    return AppwriteError("general_query_invalid", f"Query refused: {why}")


def server_error(why: str) -> AppwriteError:
    """Return the error that the server answers where something fails unexpectedly."""
    return AppwriteError("general_unknown", f"Server error: {why}")


def invalid_structure(why: str) -> AppwriteError:
    """Return the error for row data that does not fit the table's columns."""
    return AppwriteError("row_invalid_structure", f"Row data refused: {why}")
