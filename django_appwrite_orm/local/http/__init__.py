"""The local Appwrite over HTTP: an event loop reads requests, threads answer them."""
