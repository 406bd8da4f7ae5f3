"""The shape of a conversation with Appwrite: requests, parameters, callers, answers and errors.

Nothing here knows a table or a row; the routes put this together with the store.
"""
