"""The local Appwrite over HTTP: a WSGI application, and the server that carries it."""
