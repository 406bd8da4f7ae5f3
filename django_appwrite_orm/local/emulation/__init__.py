"""The values Appwrite stores: what each column kind accepts, how it compares, how it is written in answers."""
