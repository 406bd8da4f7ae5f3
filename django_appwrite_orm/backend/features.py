"""What the backend can do, as Django asks for it.

Where nothing is said, the in-memory strategy decides: it is Django's own SQLite backend, whose features these derive
from.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from django.db.backends.sqlite3.features import DatabaseFeatures as SQLiteFeatures
from django.utils.functional import cached_property

from .testing.django_suite import EXPECTED_FAILURES, SKIPPED, SKIPPED_ON_OLD_SQLITE


class DatabaseFeatures(SQLiteFeatures):
    connection: Any
    minimum_database_version = None
    max_query_params = None  # type: ignore[assignment]
    update_can_self_select = False
    test_db_allows_multiple_connections = True
    can_rollback_ddl = False
    can_release_savepoints = True
    uses_savepoints = True
    supports_foreign_keys = False
    can_introspect_foreign_keys = False
    indexes_foreign_keys = True
    # Appwrite checks no foreign key: no column has to be set to null before the row that it leads to is deleted.
    can_defer_constraint_checks = True
    supports_microsecond_precision = False
    supports_timezones = True
    supports_column_check_constraints = False
    supports_table_check_constraints = False
    can_introspect_check_constraints = False
    supports_partial_indexes = False
    supports_functions_in_partial_indexes = False
    supports_expression_indexes = False
    supports_covering_indexes = False
    supports_deferrable_unique_constraints = False
    supports_index_on_text_field = True
    supports_nulls_distinct_unique_constraints = False
    supports_expression_defaults = False
    supports_default_keyword_in_insert = False
    supports_default_keyword_in_bulk_insert = False
    supports_stored_generated_columns = False
    supports_virtual_generated_columns = False
    supports_collation_on_charfield = False
    supports_collation_on_textfield = False
    supports_comments = False
    supports_comments_inline = False
    supports_on_delete_db_cascade = False
    supports_on_delete_db_default = False
    supports_on_delete_db_null = False
    supports_sequence_reset = False
    supports_no_precision_decimalfield = False
    can_return_rows_from_update = False
    has_select_for_update = False
    supports_unspecified_pk = True
    ignores_table_name_case = True
    supports_tablespaces = False
    insert_test_table_with_defaults = None
    can_rename_index = False
    supports_json_field = True
    has_json_object_function = True
    can_introspect_json_field = False
    supports_uuid4_function_in_default = False
    can_use_chunked_reads = True
    test_collations: dict[str, Any] = {
        "ci": None,
        "cs": None,
        "non_default": None,
        "swedish_ci": None,
        "virtual": None,
    }
    # What a column is made of that Appwrite has no kind for.
    introspected_field_types = {
        "AutoField": "django_appwrite_orm.models.IDField",
        "BigAutoField": "django_appwrite_orm.models.IDField",
        "BigIntegerField": "BigIntegerField",
        "BinaryField": "TextField",
        "BooleanField": "BooleanField",
        "CharField": "CharField",
        "DateField": "CharField",
        "DateTimeField": "DateTimeField",
        "DecimalField": "BigIntegerField",
        "DurationField": "BigIntegerField",
        "GenericIPAddressField": "GenericIPAddressField",
        "IntegerField": "BigIntegerField",
        "PositiveBigIntegerField": "BigIntegerField",
        "PositiveIntegerField": "BigIntegerField",
        "PositiveSmallIntegerField": "BigIntegerField",
        "SmallAutoField": "django_appwrite_orm.models.IDField",
        "SmallIntegerField": "BigIntegerField",
        "TextField": "TextField",
        "TimeField": "CharField",
    }

    @property
    def supports_transactions(self) -> bool:
        """Whether `atomic()` can be rolled back. `TestCase` needs it: on the store of a test run it always can."""
        return bool(self.connection.options.atomic == "staged" or self.connection.creation.has_test_store)

    @cached_property
    def django_test_skips(self) -> dict[str, set[str]]:  # type: ignore[override]
        return SKIPPED | (SKIPPED_ON_OLD_SQLITE if sqlite3.sqlite_version_info < (3, 47) else {})

    @cached_property
    def django_test_expected_failures(self) -> set[str]:  # type: ignore[override]
        return set().union(*EXPECTED_FAILURES.values())
