"""Requests, parameters, callers, responses and errors of Appwrite's API.

Nothing here depends on tables or rows; the routes connect the two.
"""
