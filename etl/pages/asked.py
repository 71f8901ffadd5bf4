"""What an address asks for, as forms send it: a field that was left empty asks for everything."""

from typing import Annotated

from fastapi import Query
from pydantic import BeforeValidator, Field

_Org = Annotated[int, Field(ge=0, le=2**31 - 1)]
Org = Annotated[_Org | None, BeforeValidator(lambda given: given or None), Query()]
