"""The setting `APPWRITE_ORM`: what may stand in it, and each connection's part as one immutable object.

`problems` is what the system checks print; `connection_settings` is what connections are made from. Neither
ever shows the API key, nor any text that could be one put in the wrong place; and no function here that raises
has it among its local variables, for Django's page for an error under DEBUG shows those.
"""

from .connections import ConnectionSettings, connection_settings
from .given import DEFAULT_ALIAS, configured, replacing
from .hiding import hide_secrets
from .in_tests import is_test_command, is_test_run, note_test_command, refusal
from .keys import ID_RULE, VALID_ID, Problem, shown
from .problems import problems, setting_problems

__all__ = [
    "DEFAULT_ALIAS",
    "ID_RULE",
    "VALID_ID",
    "ConnectionSettings",
    "Problem",
    "configured",
    "connection_settings",
    "hide_secrets",
    "is_test_command",
    "is_test_run",
    "note_test_command",
    "problems",
    "refusal",
    "replacing",
    "setting_problems",
    "shown",
]
