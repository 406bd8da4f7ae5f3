"""Django models of tables: `model_of(Product)`."""

from .build import model_of

__all__ = ["model_of"]
