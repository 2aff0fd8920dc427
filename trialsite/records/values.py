"""What pure checks work on: the values typed into a form, by field name. Pure."""

from collections.abc import Mapping
from typing import Any

Values = Mapping[str, Any]
