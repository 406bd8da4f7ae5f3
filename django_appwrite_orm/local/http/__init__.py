"""The local Appwrite over HTTP: requests read on an event loop, answered by threads."""
