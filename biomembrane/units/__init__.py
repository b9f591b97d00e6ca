"""The one border that units cross.  Inside are floats of the internal system; outside everything
has a unit.

:func:`Q` makes a quantity, :func:`strip` takes the unit off (strictly, by dimension),
:func:`restore` puts one on.  Text is read by the grammar of :mod:`~biomembrane.user_text`; pint is
imported here and nowhere else, and never sees the text of a user.
"""

from .border import is_plain as is_plain
from .border import restore as restore
from .border import scalar as scalar
from .border import strip as strip
from .cf_units import from_udunits as from_udunits
from .cf_units import udunits as udunits
from .conversion import from_internal as from_internal
from .conversion import inward as inward
from .conversion import like as like
from .quantities import Q as Q
from .quantities import as_quantity as as_quantity
from .quantities import dimension_of as dimension_of
from .quantities import is_labelled as is_labelled
from .quantities import is_quantity as is_quantity
from .quantities import labelled as labelled
from .quantities import quantity as quantity
from .quantities import unit_of as unit_of
from .registry import registry as registry
