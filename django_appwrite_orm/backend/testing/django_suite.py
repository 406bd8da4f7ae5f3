"""Tests of Django's own suite that say nothing about this backend, or that it cannot pass, by the reason.

`DatabaseFeatures` gives them to Django, which skips them, or expects them to fail: `python -m tests.django_suite`.
Below each reason are the names of tests by their class; a class without names is meant as a whole.
"""

from __future__ import annotations

import django

_Tests = dict[str, dict[str, str]]

_SKIPPED: _Tests = {
    "Appwrite has no SQL: it is refused in cursors, raw(), RunSQL and schema editors.": {
        "apps.tests.QueryPerformingAppTests": (
            "test_query_default_database_using_cursor test_query_many_default_database_using_cursor"
            " test_query_many_other_database_using_cursor test_query_other_database_using_cursor"
        ),
        "async.test_async_queryset.AsyncQuerySetTest": "test_raw",
        "backends.base.test_base.ConnectionHealthChecksTests": (
            "test_health_checks_disabled test_health_checks_enabled test_health_checks_enabled_errors_occurred"
            " test_set_autocommit_health_checks_enabled"
        ),
        "backends.base.test_base.ExecuteWrapperTests": (
            "test_database_queried test_nested_wrapper_invoked test_wrapper_connection_specific test_wrapper_debug"
            " test_wrapper_gets_sql test_wrapper_invoked test_wrapper_invoked_many"
        ),
        "backends.base.test_operations.DatabaseOperationTests": "test_last_executed_query_base_fallback",
        "backends.tests.BackendTestCase": (
            "test_cursor_contextmanager test_cursor_execute_with_pyformat test_cursor_executemany"
            " test_cursor_executemany_with_empty_params_list test_cursor_executemany_with_iterator"
            " test_cursor_executemany_with_pyformat test_cursor_executemany_with_pyformat_iterator test_queries"
            " test_queries_bare_where test_queries_limit test_queries_logger test_unicode_fetches"
        ),
        "backends.tests.EscapingChecks": "test_parameter_escaping test_paramless_no_escaping",
        "backends.tests.EscapingChecksDebug": "test_parameter_escaping test_paramless_no_escaping",
        "backends.tests.LastExecutedQueryTest": (
            "test_last_executed_query_dict test_last_executed_query_dict_overlap_keys"
            " test_last_executed_query_with_duplicate_params"
        ),
        "basic.tests.ModelFromDbTests": "test_old_signature_raw",
        "cache.tests.CreateCacheTableForDBCacheTests": "",  # the cache in a database is made of SQL
        "cache.tests.DBCacheTests": "",
        "cache.tests.DBCacheWithTimeZoneTests": "",
        "delete_regress.tests.DeleteLockingTest": "test_concurrent_delete",
        "inspectdb.tests.InspectDBTransactionalTests": "test_include_views",
        "introspection.tests.IntrospectionTests": "test_django_table_names test_table_names_with_views",
        "migrations.test_commands.MigrateTests": "test_migrate_plan",
        "migrations.test_executor.ExecutorTests": "test_migrations_not_applied_on_deferred_sql_failure",
        "migrations.test_multidb.MultiDBOperationTests": "test_run_sql_migrate_foo_router_with_hints",
        "migrations.test_operations.OperationTests": (
            "test_alter_unique_together test_rename_field_unique_together test_run_sql"
            " test_run_sql_add_missing_semicolon_on_collect_sql test_run_sql_params test_separate_database_and_state"
        ),
        "multiple_database.tests.QueryTestCase": "test_raw",
        "prefetch_related.tests.RawQuerySetTests": "",
        "schema.test_logging.SchemaLoggerTests": "test_extra_args",
        "schema.tests.SchemaTests": (
            "test_add_datefield_and_datetimefield_use_effective_default test_add_field_default_dropped"
            " test_add_field_default_nullable test_add_field_use_effective_default test_add_textfield_default_nullable"
            " test_remove_constraints_capital_letters test_unsupported_transactional_ddl_disallowed"
        ),
        "test_utils.tests.AllowedDatabaseQueriesTests": "test_allowed_database_copy_queries",
        "test_utils.tests.AssertNumQueriesUponConnectionTests": "test_ignores_connection_configuration_queries",
        "timezones.tests.LegacyDatabaseTests": (
            "test_cursor_execute_accepts_naive_datetime test_cursor_execute_returns_naive_datetime test_raw_sql"
        ),
        "timezones.tests.NewDatabaseTests": (
            "test_cursor_execute_accepts_aware_datetime test_cursor_execute_accepts_naive_datetime"
            " test_cursor_execute_returns_aware_datetime test_cursor_execute_returns_naive_datetime"
            " test_cursor_explicit_time_zone test_raw_sql"
        ),
    },
    "The test looks into the SQL of a query, which runs without SQL.": {
        "admin_views.test_actions.AdminActionsTest": "test_model_admin_default_delete_action",
        "admin_changelist.tests.ChangeListTests": "test_changelist_view_list_editable_changed_objects_uses_filter",
        "aggregation.tests.AggregateAnnotationPruningTests": "test_non_aggregate_annotation_pruned",
        "aggregation.tests.AggregateTestCase": "test_count_star",
        "auth_tests.test_management.CreatePermissionsMultipleDatabasesTests": (
            "test_set_permissions_fk_to_using_parameter"
        ),
        "backends.tests.LastExecutedQueryTest": "test_debug_sql test_last_executed_query test_query_encoding",
        "delete.tests.DeletionTests": "test_only_referenced_fields_selected",
        "get_or_create.tests.UpdateOrCreateTests": ("test_update_only_defaults_and_pre_save_fields_when_local_fields"),
        "lookup.tests.LookupTests": (
            "test_exact_booleanfield test_in_ignore_none test_in_ignore_none_with_unhashable_items"
            " test_lookup_direct_value_rhs_unwrapped test_textfield_exact_null"
        ),
        "model_inheritance.tests.ModelInheritanceTests": "test_create_child_no_update test_inherited_ordering_pk_desc",
        "prefetch_related.test_prefetch_related_objects.PrefetchRelatedObjectsTests": "test_foreignkey_reverse",
        "prefetch_related.tests.MultiTableInheritanceTest": "test_child_link_prefetch",
        "prefetch_related.tests.PrefetchRelatedTests": (
            "test_m2m_then_reverse_fk_object_ids test_m2m_then_reverse_one_to_one_object_ids"
        ),
        "indexes.tests.PartialIndexConditionIgnoredTests": "test_condition_ignored",
        "backends.test_ddl_references.ExpressionsTests": (
            "test_rename_column_references test_rename_table_references test_rename_table_references_without_alias"
            " test_str"
        ),
        "migrations.test_commands.MigrateTests": (
            "test_migrate_syncdb_app_label test_migrate_syncdb_deferred_sql_executed_with_schemaeditor"
            " test_migrate_syncdb_installed_truncated_db_model test_sqlmigrate_backwards test_sqlmigrate_forwards"
        ),
        "migrations.test_operations.OperationTests": (
            "test_remove_field test_rename_index test_rename_model_with_self_referential_fk_collect_sql"
        ),
        "model_fields.test_jsonfield.TestQuerying": "test_key_sql_injection_escape",
        "schema.tests.SchemaTests": (
            "test_db_comment_table_unsupported test_m2m test_m2m_custom test_m2m_inherited"
            " test_rename_column_renames_deferred_sql_references test_rename_table_renames_deferred_sql_references"
            " test_unique_and_reverse_m2m"
        ),
        "queries.test_db_returning.ReturningValuesTests": "test_insert_returning test_insert_returning_multiple",
        "queries.tests.Queries1Tests": "test_subquery_condition",
    },
    "Rows without an order are expected in that of a set of ids, which are small numbers elsewhere.": {
        "m2m_recursive.tests.RecursiveM2MTests": "test_recursive_m2m_all test_recursive_m2m_reverse_add",
        "m2m_recursive.tests.RecursiveSymmetricalM2MThroughTests": "test_recursive_m2m_all",
        "model_forms.tests.OtherModelFormTests": "test_prefetch_related_queryset",
    },
    "Texts are joined in the order of the rows, which the query leaves open.": {
        "aggregation.tests.AggregateTestCase": "test_string_agg_filter_in_subquery",
    },
    "SQLite's backend compiles expressions that need SQL, under its vendor's name.": {
        "aggregation.tests.AggregateTestCase": "test_add_implementation",
    },
    "The test replaces methods of the cursor that read the rows of SQL.": {
        "queries.test_iterator.QuerySetIteratorTests": "test_default_iterator_chunk_size test_iterator_chunk_size",
    },
    "Appwrite keeps points in time to the millisecond, and the test compares the microseconds of now.": {
        "basic.tests.ModelRefreshTests": "test_refresh_unsaved test_refresh_with_related",
        "db_functions.comparison.test_greatest.GreatestTests": "test_basic test_coalesce_workaround",
        "db_functions.comparison.test_least.LeastTests": "test_basic test_coalesce_workaround",
        "queries.tests.Queries4Tests": "test_filter_reverse_non_integer_pk",
        "queryset_pickle.tests.PickleabilityTestCase": "test_annotation_values",
        "timezones.tests.AdminTests": "test_change_readonly test_change_readonly_in_other_timezone",
    },
    "SQLite, which runs queries in memory, has no negative precision for ROUND().": {
        "db_functions.math.test_round.RoundTests": (
            "test_decimal_with_negative_precision test_float_with_negative_precision"
            " test_integer_with_negative_precision test_null_with_negative_precision"
        ),
    },
    "The ids of rows are made of primary keys, and order as these do: there are no numbers below 0.": {
        f"model_fields.test_autofield.{kind}FieldTests": (
            "test_backend_range_min_value_lookups test_backend_range_save test_documented_range"
        )
        for kind in ("Auto", "BigAuto", "SmallAuto")
    },
    "A query in memory has the columns of its models, and extra() of the test names another one.": {
        "schema.tests.SchemaTests": "test_add_field_default_transform",
    },
    "The table of a model is made of it once, and the test changes the model's db_table afterwards.": {
        "schema.tests.SchemaTests": "test_unique_name_quoting",
    },
    "The table of the test needs supports_expression_defaults, which the test does not ask for until Django 6.0.": {
        "field_defaults.tests.DefaultTests": "test_full_clean",
    },
    "Appwrite has no primary keys of several columns.": {
        "auth_tests.test_views.CustomUserCompositePrimaryKeyPasswordResetTest": "",
    },
}

_EXPECTED_FAILURES: _Tests = {
    "A change that Appwrite cannot express reads the rows and changes them by their ids: several statements.": {
        "contenttypes_tests.test_order_with_respect_to.OrderWithRespectToGFKTests": "test_database_routing",
        "order_with_respect_to.tests.OrderWithRespectToBaseTests": "test_database_routing",
        "delete.tests.FastDeleteTests": (
            "test_fast_delete_aggregation test_fast_delete_full_match test_fast_delete_joined_qs"
        ),
        "delete_regress.tests.DeleteTests": "test_self_reference_with_through_m2m_at_second_level",
    },
    "Appwrite lists columns in its own order.": {
        "introspection.tests.IntrospectionTests": (
            "test_get_table_description_names test_get_table_description_nullable test_get_table_description_types"
        ),
    },
    "Appwrite keeps of a model the columns and indexes alone: not what its key is called, no relation, no sequence.": {
        "introspection.tests.IntrospectionTests": "test_get_primary_key_column test_sequence_list",
        "inspectdb.tests.InspectDBTestCase": "test_same_relations",
        "migrations.test_operations.OperationTests": (
            "test_alter_field_pk_mti_and_fk_to_base test_alter_field_pk_mti_fk test_delete_mti_model"
        ),
        "schema.tests.SchemaTests": "test_alter_primary_key_the_same_name test_primary_key",
    },
    "Several kinds of fields have the same kind of column.": {
        "inspectdb.tests.InspectDBTestCase": ("test_char_field_unlimited test_field_types test_number_field_types"),
    },
    "Names of tables and columns that Appwrite does not take, as _order, are replaced.": {
        "inspectdb.tests.InspectDBTestCase": "test_special_column_name_introspection test_table_name_introspection",
        "migrations.test_operations.OperationTests": "test_alter_order_with_respect_to",
    },
    "The index of a field has another name than with SQL.": {
        "schema.tests.SchemaTests": (
            "test_alter_field_add_index_to_integerfield test_remove_db_index_doesnt_remove_custom_indexes"
        ),
    },
    "Appwrite has no default for a required column: that of a field with db_default is optional.": {
        "migrations.test_operations.OperationTests": (
            "test_alter_field_change_blank_nullable_database_default_to_not_null"
        ),
    },
    "A migration that was interrupted continues: a table that exists already is not an error.": {
        "migrations.test_commands.MigrateTests": "test_migrate_fake_initial test_migrate_initial_false",
    },
    "Appwrite has no foreign keys: nothing checks where a reference leads.": {
        "fixtures_regress.tests.TestFixtures": "test_loaddata_raises_error_when_fixture_has_invalid_foreign_key",
    },
    "Each request takes a socket of a pool: a connection of Django's has none that it could lose.": {
        "backends.tests.BackendTestCase": "test_is_usable_after_database_disconnects",
    },
    "Documents of JSON are compared as the texts that Django makes; RawSQL of the test makes others.": {
        "model_fields.test_jsonfield.TestQuerying": "test_in_json_whitespace",
    },
    "Appwrite has no primary keys of several columns.": {
        "migrations.test_operations.OperationTests": "test_composite_pk_operations",
    },
    "Appwrite has no primary keys of several columns, which is reported as well.": {
        "inspectdb.tests.InspectDBTransactionalTests": "test_composite_primary_key",
        "invalid_models_tests.test_models.ConstraintsTests": "test_unique_constraint_pointing_to_composite_primary_key",
        "invalid_models_tests.test_models.IndexesTests": "test_pointing_to_composite_primary_key",
    },
    "The ids of rows are made of the primary key: Appwrite cannot change them.": {
        "migrations.test_executor.ExecutorTests": "test_alter_id_type_with_fk",
        "migrations.test_operations.OperationTests": "test_alter_field_pk test_alter_id_pk_to_uuid_pk",
        "schema.tests.SchemaTests": (
            "test_alter_auto_field_to_char_field test_alter_auto_field_to_integer_field"
            " test_alter_int_pk_to_autofield_pk test_alter_int_pk_to_bigautofield_pk"
            " test_alter_not_unique_field_to_primary_key test_alter_smallint_pk_to_smallautofield_pk"
            " test_autofield_to_o2o test_char_field_pk_to_auto_field"
        ),
    },
    "Foreign keys hold the ids of rows, which are text.": {
        "schema.tests.SchemaTests": (
            "test_m2m_create test_m2m_create_custom test_m2m_create_inherited test_m2m_create_through"
            " test_m2m_create_through_custom test_m2m_create_through_inherited"
        ),
    },
    "Appwrite has no check constraints.": {
        "model_fields.test_integerfield.PositiveIntegerFieldTests": "test_negative_values",
        "model_fields.test_jsonfield.JSONFieldTests": "test_db_check_constraints",
    },
    "SQLite, which runs queries in memory, adds up Decimals as doubles.": {
        "model_fields.test_decimalfield.DecimalFieldTests": "test_large_integer_precision_aggregation",
    },
    "Appwrite keeps points in time to the millisecond.": {
        "basic.tests.ModelTest": "test_microsecond_precision",
        "db_functions.comparison.test_cast.CastTests": "test_cast_from_db_datetime_to_time",
        "expressions.tests.FTimeDeltaTests": (
            "test_datetime_subtraction_microseconds test_mixed_comparisons1 test_negative_timedelta_update"
        ),
        "model_regress.tests.ModelTests": "test_get_next_prev_by_field",
        "db_functions.datetime.test_extract_trunc.DateFunctionTests": (  # the next class inherits them
            "test_extract_day_func test_extract_func test_extract_hour_func test_extract_iso_weekday_func"
            " test_extract_iso_year_func test_extract_minute_func test_extract_month_func test_extract_quarter_func"
            " test_extract_second_func test_extract_week_func test_extract_weekday_func test_extract_year_func"
            " test_trunc_date_func test_trunc_day_func test_trunc_hour_func test_trunc_minute_func"
            " test_trunc_month_func test_trunc_quarter_func test_trunc_second_func test_trunc_time_comparison"
            " test_trunc_time_func test_trunc_week test_trunc_week_func test_trunc_year_func"
        ),
        "db_functions.datetime.test_extract_trunc.DateFunctionWithTimeZoneTests": (
            "test_trunc_func_with_timezone test_trunc_timezone_applied_before_truncation"
        ),
        "timezones.tests.LegacyDatabaseTests": (
            "test_aware_datetime_in_local_timezone_with_microsecond test_naive_datetime_with_microsecond"
        ),
        "timezones.tests.NewDatabaseTests": (
            "test_aware_datetime_in_local_timezone_with_microsecond test_naive_datetime_with_microsecond"
        ),
    },
    "Appwrite keeps the years 1000 to 9999.": {
        "db_functions.datetime.test_extract_trunc.DateFunctionTests": "test_trunc_func test_trunc_week_before_1000",
        "serializers.test_json.JsonSerializerTestCase": "test_pre_1000ad_date",
        "serializers.test_jsonl.JsonlSerializerTestCase": "test_pre_1000ad_date",
        "serializers.test_xml.XmlSerializerTestCase": "test_pre_1000ad_date",
        "serializers.test_yaml.YamlSerializerTestCase": "test_pre_1000ad_date",
    },
}

# It does not say in which database its model is, and no backend is asked.
_PASSED_UNTIL_5_2 = {"invalid_models_tests.test_models.IndexesTests.test_pointing_to_composite_primary_key"}
# It sorts the texts.
_PASSED_SINCE_6_1 = {"aggregation.tests.AggregateTestCase.test_string_agg_filter_in_subquery"}
_PASSED: set[str] = set()
if django.VERSION < (6, 0):
    _PASSED |= _PASSED_UNTIL_5_2
if django.VERSION >= (6, 1):
    _PASSED |= _PASSED_SINCE_6_1


def _names(tests: dict[str, str]) -> set[str]:
    return {f"{case}.{name}".rstrip(".") for case, names in tests.items() for name in names.split() or [""]}


SKIPPED = {reason: _names(tests) - _PASSED for reason, tests in _SKIPPED.items()}
EXPECTED_FAILURES = {reason: _names(tests) - _PASSED for reason, tests in _EXPECTED_FAILURES.items()}
SKIPPED_ON_OLD_SQLITE = {
    "SQLite, which runs queries in memory, reads escaped quotes in paths of JSON since 3.47.": {
        "model_fields.test_jsonfield.TestQuerying.test_lookups_special_chars_double_quotes"
    },
}
